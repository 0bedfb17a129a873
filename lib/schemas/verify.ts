import * as z from "zod";
import { parseAddress } from "../keys/allowlist.ts";
import { secretField } from "./secret-mark.ts";

/** Verification: what a caller asks. Unknown fields are refused. */

const presentedText = z.string().min(1).max(4096);
/** A model or an endpoint that is about to be called. */
const called = z.string().min(1).max(256);

const cost = z.strictObject({
  requests: z.int().min(1).max(1_000_000).optional(),
  /** Reserved until the call is settled. */
  tokens: z.int().min(0).max(1_000_000_000_000).optional(),
});

const pair = z.strictObject({ id: presentedText, secret: secretField(presentedText) });

/** A request that a caller signed with the secret of a pair: its Authorization header and the headers that it signs. */
const signed = z.strictObject({
  authorization: presentedText,
  // Counted before they are read one by one: a signature names few, and a body may hold tens of thousands.
  headers: z
    .looseObject({})
    .refine((headers) => Object.keys(headers).length <= 64, { message: "must hold at most 64 entries." })
    .pipe(z.record(z.string().max(128), z.string().max(4096))),
});

export const verifyRequest = z
  .strictObject({
    key: secretField(z.union([presentedText, pair])).optional(),
    id: presentedText.optional(),
    secret: secretField(presentedText).optional(),
    signed: secretField(signed).optional(),
    provider: z.string().min(1).max(64).optional(),
    ip: z
      .string()
      .max(64)
      .refine((ip) => parseAddress(ip) !== undefined, { message: "must be an IP address." })
      .optional(),
    model: called.optional(),
    endpoint: called.optional(),
    cost: cost.optional(),
  })
  .refine((ask) => waysOf(ask) === 1 && (ask.id === undefined) === (ask.secret === undefined), {
    path: ["key"],
    message: "must be sent, or `id` and `secret`, or `signed`: one of them.",
    params: { code: "field_missing" },
  });
export type VerifyRequest = z.infer<typeof verifyRequest>;

const waysOf = ({
  key: token,
  id,
  signed: proof,
}: {
  readonly key?: unknown;
  readonly id?: unknown;
  readonly signed?: unknown;
}): number => Number(token !== undefined) + Number(id !== undefined) + Number(proof !== undefined);

const flag = z.enum(["true", "false"]).optional();

export const verifyQuery = z.strictObject({
  /** Every rule with its outcome; takes nothing from a limit. */
  explain: flag,
  /** What is not named is not held against the key. */
  scope: z.enum(["full", "partial"]).optional(),
});
export type VerifyQuery = z.infer<typeof verifyQuery>;

/** What a proxy's configuration says of the calls that it asks about. Its clients must have no say in it. */
export const forwardQuery = z.strictObject({
  provider: z.string().min(1).max(64).optional(),
  model: called.optional(),
  endpoint: called.optional(),
  scope: z.enum(["full", "partial"]).optional(),
  tokens: z
    .string()
    .regex(/^\d{1,12}$/, "must be a whole number of up to 12 digits.")
    .optional(),
  /** The status of a good key: Envoy lets a call pass at 200 alone. */
  valid: z.enum(["200", "204"]).optional(),
  /** The status of a spent limit: proxies that pass a refusal on as it is need no 403 for it. */
  limited: z.enum(["403", "429"]).optional(),
});
export type ForwardQuery = z.infer<typeof forwardQuery>;

export const settleRequest = z.strictObject({
  inputTokens: z.int().min(0).max(1_000_000_000_000).optional(),
  outputTokens: z.int().min(0).max(1_000_000_000_000).optional(),
  /** A part of the input. */
  cacheTokens: z.int().min(0).max(1_000_000_000_000).optional(),
  latencyMs: z.number().min(0).max(86_400_000).optional(),
  outcome: z.enum(["ok", "error"]).optional(),
});
export type Settlement = z.infer<typeof settleRequest>;
