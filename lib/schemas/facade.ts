import * as z from "zod";
import { isIpOrCidr } from "../keys/allowlist.ts";
import { key, keyStatus, limits, tokenQuota } from "./key.ts";
import { material } from "./material.ts";
import { page } from "./page.ts";
import { receipt } from "./receipt.ts";

/** The facade's requests and replies about keys. Unknown fields are refused in all of them. */

/** RFC 3339 with any offset, kept as UTC. */
export const time = z.iso
  .datetime({ offset: true })
  .refine((text) => !(Date.parse(text) > Date.parse("9999-12-31T23:59:59.999Z")), {
    message: "must be before the year 10000.",
  })
  .transform((text) => new Date(text).toISOString());

export const providerName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,62}$/,
    "must be the name of a provider: a lower-case letter, then up to 62 of lower-case letters, digits and `-`.",
  );

const ids = z.union([z.literal("all"), z.array(z.string().min(1).max(256)).max(1000)]);

const quota = tokenQuota.refine(({ cycle, startDay }) => startDay === null || cycle === "month", {
  path: ["startDay"],
  params: { code: "field_conflict" },
  message: "goes only with the cycle `month`.",
});

export const ipAllowlist = z
  .array(z.string().refine(isIpOrCidr, { message: "must be an address or a CIDR range." }))
  .max(1000)
  .refine((entries) => new Set(entries).size === entries.length, {
    message: "must not hold the same entry twice.",
  });

/** One budget for each cycle: of two, no call could say which it is taken of. */
const quotas = z
  .array(quota)
  .max(3)
  .refine((all) => new Set(all.map(({ cycle }) => cycle)).size === all.length, {
    message: "must not hold the same cycle twice.",
  });

/** What a caller may set at creation and change; each provider says in its contract what it takes of this. */
const wish = {
  description: z.string().max(4096).optional(),
  scope: z.strictObject({ models: ids.optional(), endpoints: ids.optional() }).optional(),
  ipAllowlist: ipAllowlist.optional(),
  limits: z
    .strictObject({
      requestsPerMinute: limits.shape.requestsPerMinute.optional(),
      tokensPerMinute: limits.shape.tokensPerMinute.optional(),
      tokenQuotas: quotas.optional(),
    })
    .optional(),
  sandbox: z.boolean().optional(),
  expiresAt: time.nullable().optional(),
  owner: z.strictObject({ team: z.string().min(1).max(128).nullable() }).optional(),
  tags: z
    .record(z.string().min(1).max(127), z.string().max(255))
    .refine((tags) => Object.keys(tags).length <= 50, { message: "must hold at most 50 entries." })
    .optional(),
  native: z.json().optional(),
};

const name = z.string().min(1).max(255);

export const createKeyBody = z.strictObject({
  provider: providerName,
  name,
  status: keyStatus.optional(),
  ...wish,
  material: material.optional(),
});

/** What a reading shows and a change does not take: told apart from a name that is no field at all. */
const changedBy = (calls: string) =>
  z
    .custom<undefined>((value) => value === undefined, {
      params: { code: "unsupported" },
      message: `is not changed here: change it by ${calls}.`,
    })
    .optional();

export const changeKeyBody = z
  .strictObject({
    name: name.optional(),
    ...wish,
    status: changedBy("`POST …/enable` or `POST …/disable`"),
    material: changedBy("`POST …/rotate`"),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), {
    // Of a body whose only field is wrong, the wrong field is all there is to say.
    when: ({ issues }) => issues.length === 0,
    params: { code: "field_missing" },
    message: "At least one field is required.",
  });

export const rotateKeyBody = z.strictObject({
  /** In seconds: how long the old secret goes on working. */
  grace: z
    .int()
    .min(0)
    .max(365 * 86_400)
    .optional(),
  reason: z.string().max(256).optional(),
  material: material.optional(),
});

export const keyParams = z.strictObject({ provider: providerName, id: z.string().min(1).max(256) });

export const deleteKeyQuery = z.strictObject({ confirm: z.string().max(256).optional() });

export const listKeysQuery = z.strictObject({
  provider: providerName.optional(),
  status: keyStatus.optional(),
  q: z.string().min(1).max(128).optional(),
  team: z.string().min(1).max(128).optional(),
  createdBefore: time.optional(),
  createdAfter: time.optional(),
  unusedSince: time.optional(),
  limit: page.shape.limit,
  cursor: z.string().min(1).max(8192).optional(),
});

export const listReceiptsQuery = page.extend({
  provider: providerName.optional(),
  key: z.string().min(1).max(256).optional(),
});

export const keyReply = z.strictObject({ key });
/** The material leaves once; a replayed reply has none where it is gone. */
export const issuedKeyReply = z.strictObject({ key, material: material.nullable() });
/** With the receipt of the end, of the key or of the secret before. */
export const stoppedKeyReply = z.strictObject({ key, receipt });
/** Null at a real system where the key before goes on working: its receipt comes with its end. */
export const rotatedKeyReply = issuedKeyReply.extend({ receipt: receipt.nullable() });
export const revealReply = z.strictObject({ material });

/** `upstream` is what the real system said, for those who have to ask there. */
export const warning = z.strictObject({
  provider: z.string(),
  code: z.string(),
  message: z.string(),
  upstream: z
    .strictObject({ provider: z.string(), code: z.string(), requestId: z.string().nullable() })
    .optional(),
});
export const listKeysReply = z.strictObject({
  items: z.array(key),
  nextCursor: z.string().nullable(),
  warnings: z.array(warning),
});

const support = z.enum(["provider", "keyway", "refused"]);
export const providersReply = z.strictObject({
  items: z.array(
    z.strictObject({
      name: z.string(),
      service: z.string(),
      mode: z.enum(["embedded", "upstream"]),
      native: z.boolean(),
      region: z.string(),
      health: z.strictObject({
        status: z.enum(["ok", "failing", "unknown"]),
        checkedAt: z.string().nullable(),
        reason: z.string().nullable(),
      }),
      operations: z.record(z.string(), support),
      fields: z.record(z.string(), z.strictObject({ create: support, change: support })),
    }),
  ),
});

export const providerParams = z.strictObject({ name: providerName });

const changes = z.strictObject({ count: z.int(), ids: z.array(z.string()) });
export const syncReply = z.strictObject({
  total: z.int(),
  appeared: changes,
  changed: changes,
  vanished: changes,
  unresolved: z.array(
    z.strictObject({
      operation: z.string(),
      about: z.string(),
      requestId: z.string(),
      startedAt: z.string(),
    }),
  ),
  resumed: z.boolean(),
});
