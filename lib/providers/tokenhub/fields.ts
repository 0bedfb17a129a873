import * as z from "zod";
import { tokenQuota } from "../../schemas/key.ts";
import { cycleCreditsMax, ipWhitelist, name, remark } from "../../schemas/tokenhub.ts";

const quota = tokenQuota
  .refine(({ tokens }) => BigInt(tokens) <= cycleCreditsMax, {
    path: ["tokens"],
    message: `must be at most ${cycleCreditsMax}.`,
  })
  .refine(({ cycle, startDay }) => startDay === null || cycle === "month", {
    path: ["startDay"],
    params: { code: "field_conflict" },
    message: "goes only with the cycle `month`.",
  });

/** The documented bounds, by canonical names. */
export const tokenhubFields = z.object({
  name,
  description: remark,
  ipAllowlist: ipWhitelist,
  limits: z.object({
    tokenQuotas: z
      .array(quota)
      .max(3)
      .refine((quotas) => new Set(quotas.map(({ cycle }) => cycle)).size === quotas.length, {
        message: "must not hold the same cycle twice.",
      }),
  }),
});
