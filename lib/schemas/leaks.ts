import * as z from "zod";
import { time } from "./facade.ts";
import { secretField } from "./secret-mark.ts";

/** Reports of leaked secrets: what anybody may send, what those who sign send, and what is shown of them. */

const secretText = z.string().min(1).max(4096);
const idText = z.string().min(1).max(256);
const pair = z.strictObject({ id: idText, secret: secretText });

/** Of anybody: no names of kinds, no words, nothing that would be kept. */
export const openReport = z
  .strictObject({
    key: secretField(z.union([secretText, pair])).optional(),
    id: idText.optional(),
    secret: secretField(secretText).optional(),
    url: z.string().max(2048).optional(),
  })
  .refine(
    ({ key, id, secret }) =>
      (key === undefined) !== (secret === undefined) && (id === undefined || key === undefined),
    {
      path: ["key"],
      message: "must be sent, or `secret`, with the `id` of its pair: one of them.",
      params: { code: "field_missing" },
    },
  );

export const openReportReply = z.strictObject({ accepted: z.literal(true) });

/** What a signed report of Standard Webhooks says: each either has the secret or only tells of one. */
const signedLeak = z
  .strictObject({
    key: secretField(z.union([secretText, pair])).optional(),
    /** SHA-256 of the secret, in hex: nothing of ours is found by it. */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be 64 hex digits in lower case.")
      .optional(),
    provider: z.string().min(1).max(64).optional(),
    type: z.string().min(1).max(256).optional(),
    url: z.string().max(2048).optional(),
    observedAt: time.optional(),
  })
  .refine(({ key, sha256 }) => (key === undefined) !== (sha256 === undefined), {
    path: ["key"],
    message: "must be sent, or `sha256`: one of them.",
    params: { code: "field_missing" },
  });

export const signedReport = z.strictObject({
  type: z.literal("leak.reported"),
  timestamp: time,
  data: z.strictObject({ leaks: z.array(signedLeak).min(1).max(1000) }),
});

/** What came of a report. */
export const leakOutcomes = [
  "disabled",
  "rotated",
  "shrunk",
  "grace_ended",
  "notified",
  /** The secret worked no more, or its end was set already. */
  "ended",
  /** It was doubtful: see the findings. */
  "finding",
  /** No key of ours has this secret. */
  "unmatched",
  /** It came without a secret to look for. */
  "unresolved",
] as const;
export type LeakOutcome = (typeof leakOutcomes)[number];

const leak = z.strictObject({
  id: z.string(),
  source: z.string(),
  signed: z.boolean(),
  outcome: z.enum(leakOutcomes),
  provider: z.string().nullable(),
  key: z.string().nullable(),
  fingerprint: z.string().nullable(),
  tokenType: z.string().nullable(),
  url: z.string().nullable(),
  observedAt: z.string().nullable(),
  reportedAt: z.string(),
  lastReportedAt: z.string(),
  count: z.int(),
});
export const leakList = z.strictObject({ items: z.array(leak), nextCursor: z.string().nullable() });
