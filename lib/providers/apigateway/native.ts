import * as z from "zod";

/** What of an API Gateway key has no canonical twin. */
export const apigatewayNative = z.lazy(() =>
  z.strictObject({
    type: z.enum(["auto", "manual"]),
    /** Ids of the plans that hold the key; each of them names the key, too. */
    usagePlans: z.array(z.string()),
  }),
);

/** As a caller may give it, who leaves the rest to the service. */
export const apigatewayGiven = z.lazy(() => apigatewayNative.unwrap().partial());
