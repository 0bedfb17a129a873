import * as z from "zod";
import { quotaPackage } from "./quotas.ts";

/** What of a TokenHub key has no canonical twin. */
export const tokenhubNative = z.lazy(() =>
  z.strictObject({
    bindings: z.array(
      z.strictObject({ ResourceId: z.string(), ResourceType: z.enum(["endpoint", "model"]) }),
    ),
    quotaPackages: z.array(quotaPackage),
  }),
);
export type TokenhubNative = z.infer<typeof tokenhubNative>;

/** As a caller may give it, who leaves the rest to the service. */
export const tokenhubGiven = z.lazy(() => tokenhubNative.unwrap().partial());
