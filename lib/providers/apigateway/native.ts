import * as z from "zod";

/** What of an API Gateway key has no canonical twin. */
export const apigatewayNative = z.strictObject({
  type: z.enum(["auto", "manual"]),
  /** Ids of the plans that hold the key; each of them names the key, too. */
  usagePlans: z.array(z.string()),
});
