import * as z from "zod";
import { tokenQuota } from "../../schemas/key.ts";
import { cycleCreditsMax, ipWhitelist, name, remark } from "../../schemas/tokenhub-fields.ts";

const quota = tokenQuota.refine(({ tokens }) => BigInt(tokens) <= cycleCreditsMax, {
  path: ["tokens"],
  message: `must be at most ${cycleCreditsMax}.`,
});

/** The documented bounds, by canonical names. */
export const tokenhubFields = z.lazy(() =>
  z.object({
    name,
    description: remark,
    ipAllowlist: ipWhitelist,
    limits: z.object({
      tokenQuotas: z.array(quota).max(3),
    }),
  }),
);
