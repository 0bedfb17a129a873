import * as z from "zod";
import { limits, owner, scope, time } from "./key.ts";

/**
 * Verification: what a caller is answered. Nothing is held to these but in tests, and the API's description is written from
 * them: they are made for who reads them, and not when a function starts.
 */

const verdictCodes = [
  "VALID",
  "NOT_FOUND",
  "DISABLED",
  "EXPIRED",
  "IP_DENIED",
  "MODEL_DENIED",
  "ENDPOINT_DENIED",
  "RATE_LIMITED",
  "QUOTA_EXCEEDED",
] as const;
export type VerdictCode = (typeof verdictCodes)[number];

export const verdict = z.lazy(() =>
  z.strictObject({
    valid: z.boolean(),
    code: z.enum(verdictCodes),
    /** What a settlement names. */
    requestId: z.string(),
    keyId: z.string().nullable(),
    provider: z.string().nullable(),
    name: z.string().nullable(),
    owner: owner.nullable(),
    scope: scope.nullable(),
    /** Which of the key's secrets was presented; they are counted from 1. */
    generation: z.int().nullable(),
    remaining: z
      .strictObject({
        requestsPerMinute: z.int().nullable(),
        tokensPerMinute: z.int().nullable(),
        tokenQuotas: z.array(
          z.strictObject({ cycle: z.enum(["day", "month", "lifetime"]), tokens: z.string() }),
        ),
      })
      .nullable(),
    expiresAt: time.nullable(),
    /** When the presented secret ends, if another one has taken its place. */
    graceUntil: time.nullable(),
    limits: z
      .strictObject({
        ...limits.shape,
        mode: z.enum(["exact", "fast"]),
        /** The minute that was counted, and how many calls beyond a limit it may admit at worst. */
        window: z.strictObject({ from: time, to: time }),
        overAdmission: z.literal(0),
      })
      .nullable(),
    /** Seconds until the budget that was spent begins anew. */
    retryAfter: z.int().nullable(),
    explain: z
      .array(
        z.strictObject({
          rule: z.string(),
          outcome: z.enum(["passed", "failed"]),
          code: z.enum(verdictCodes),
        }),
      )
      .optional(),
  }),
);
export type Verdict = z.infer<typeof verdict>;

export const settleReply = z.lazy(() =>
  z.strictObject({
    keyId: z.string(),
    provider: z.string(),
    /** Tokens that had been reserved, and what they came to. */
    reserved: z.int(),
    spent: z.int(),
  }),
);
