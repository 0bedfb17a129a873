import * as z from "zod";
import { keyParams, providerName, time, warning } from "./facade.ts";
import { time as kept } from "./key.ts";
import { page } from "./page.ts";

/** Findings about keys on the facade, and the exceptions from them. */

export const ruleCodes = [
  "shared_purpose",
  "select_all_scope",
  "no_allowlist",
  "too_old",
  "past_expiry",
  "unused",
  "disabled_kept",
  "owner_gone",
] as const;
export type RuleCode = (typeof ruleCodes)[number];
const rule = z.enum(ruleCodes);

export const severities = ["high", "medium", "low"] as const;

/** A finding that was written down when something happened: a leak, for one. */
export const storedRule = "reported";
const listed = z.enum([storedRule, ...ruleCodes]);

/** One call of this API that mends what was found. */
const fix = z.strictObject({
  method: z.enum(["GET", "POST", "PATCH", "DELETE"]),
  path: z.string(),
  /** To be sent as `If-Match`: the version of the key that was judged; null where none was. */
  ifMatch: z.string().nullable(),
  body: z.json(),
  /** What in the body only its owner can say; with nothing here the call can be sent as it is. */
  fill: z.array(z.string()),
});
export type Fix = z.infer<typeof fix>;

export const finding = z.strictObject({
  rule: listed,
  severity: z.enum(severities),
  /** Null for a finding that is about no single key, or about one that is not looked at here. */
  provider: z.string().nullable(),
  id: z.string().nullable(),
  name: z.string().nullable(),
  /** Since when it is so; null where nothing tells. */
  since: kept.nullable(),
  /** What was seen, in words. */
  evidence: z.string(),
  fix,
});
export type Finding = z.infer<typeof finding>;

export const hygieneQuery = z.strictObject({
  provider: providerName.optional(),
  rule: listed.optional(),
  /** Of keys that are looked at: a page may hold more findings, or none. */
  limit: page.shape.limit,
  cursor: z.string().min(1).max(8192).optional(),
});

export const hygieneReply = z.strictObject({
  items: z.array(finding),
  nextCursor: z.string().nullable(),
  warnings: z.array(warning),
});

const exceptionPlace = { provider: providerName, id: keyParams.shape.id, rule };

export const createExceptionBody = z.strictObject({
  ...exceptionPlace,
  /** A time to come, at most a year ahead: none is for ever. */
  until: time,
  reason: z.string().min(1).max(512),
});

export const exception = z.strictObject({
  provider: z.string(),
  id: z.string(),
  rule,
  until: kept,
  reason: z.string(),
  /** The credential that made it. */
  createdBy: z.string(),
  createdAt: kept,
});
export type Exception = z.infer<typeof exception>;

export const exceptionReply = z.strictObject({ exception });
export const exceptionParams = z.strictObject(exceptionPlace);
export const exceptionList = z.strictObject({
  items: z.array(exception),
  nextCursor: z.string().nullable(),
});
