import * as z from "zod";
import { keyParams, providerName } from "./facade.ts";

/** What shall happen to keys without anybody asking: said of an account, of a provider in it, or of one key. */

/** What is done with a key whose secret leaked. */
export const leakActions = ["notify", "shrink", "rotate", "disable"] as const;

const days = z.int().min(0).max(3650);

/** Each field by itself: one that is absent is decided by the next wider scope. */
const fields = {
  onLeak: z.enum(leakActions),
  /** Of `rotate`: how long the leaked secret goes on working, so that the new one can be brought to where it is used. */
  leakGraceSeconds: z.int().min(0).max(86_400),
  /** How old a secret may become. Of these days 0 is never: a key may say so against its account. */
  rotateEveryDays: days,
  /** So long before it, its users are told. */
  rotateNoticeDays: z.int().min(0).max(365),
  /** How long the old secret goes on working, where the provider knows a grace. */
  rotateGraceSeconds: z
    .int()
    .min(0)
    .max(365 * 86_400),
  disableUnusedDays: days,
  expireAfterDays: days,
} as const;

/** Those that the clock brings about. */
export const scheduleFields = [
  "rotateEveryDays",
  "rotateNoticeDays",
  "rotateGraceSeconds",
  "disableUnusedDays",
  "expireAfterDays",
] as const satisfies readonly (keyof typeof fields)[];

/** With every field: what holds for a key in the end. */
export const wholePolicy = z.strictObject(fields);
export type WholePolicy = z.infer<typeof wholePolicy>;

/** What one scope says. */
export const policy = wholePolicy.partial();
export type Policy = z.infer<typeof policy>;
/** As it stands in the store: a field that a later version wrote must not keep this one from acting. */
export const storedPolicy = z.object(policy.shape);

type Patch = { readonly [Name in keyof WholePolicy]: z.ZodOptional<z.ZodNullable<(typeof fields)[Name]>> };

/** Null takes a field out again. */
export const changePolicyBody = z
  .strictObject(
    Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [name, field.nullable().optional()]),
    ) as Patch,
  )
  .refine((body) => Object.keys(body).length > 0, {
    params: { code: "field_missing" },
    message: "At least one field is required.",
  });
export type PolicyPatch = z.infer<typeof changePolicyBody>;

export const policyReply = z.strictObject({
  /** `account`, `provider/aione` or `key/aione/…` */
  scope: z.string(),
  /** What this scope itself says. */
  own: policy,
  /** What follows for it, with what wider scopes say and what holds where nobody says anything. */
  effective: wholePolicy,
  /** 0 for one that was never set. */
  version: z.int(),
});

export const providerPolicyParams = z.strictObject({ provider: providerName });
export const keyPolicyParams = keyParams;
