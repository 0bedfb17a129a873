import * as z from "zod";

/** Ids that must not be mixed up: a tenant is never a key, a masked text is never a secret. */
export const accountId = z.string().min(1).brand<"AccountId">();
export type AccountId = z.infer<typeof accountId>;
export const keyId = z.string().min(1).brand<"KeyId">();
export type KeyId = z.infer<typeof keyId>;
export const preview = z.string().brand<"Preview">();
export type Preview = z.infer<typeof preview>;

/** Not a list: which services there are is told by the registry of profiles alone. */
export const serviceName = z.string().regex(/^[a-z][a-z0-9]{0,30}$/);
export type ServiceName = z.infer<typeof serviceName>;

/** Decimal text, because a lifetime quota outgrows what a JSON number holds exactly. */
const amount = z
  .string()
  .regex(/^[1-9]\d*$/, 'must be a whole number above 0, as a text of digits: `"1000"`.');

export const tokenQuota = z.strictObject({
  cycle: z.enum(["day", "month", "lifetime"]),
  tokens: amount,
  startDay: z.int().min(1).max(31).nullable(),
});
export type TokenQuota = z.infer<typeof tokenQuota>;

export const scope = z.strictObject({
  models: z.union([z.literal("all"), z.array(z.string())]),
  endpoints: z.union([z.literal("all"), z.array(z.string())]),
});
export type Scope = z.infer<typeof scope>;

export const limits = z.strictObject({
  requestsPerMinute: z.int().positive().nullable(),
  tokensPerMinute: z.int().positive().nullable(),
  tokenQuotas: z.array(tokenQuota),
});
export type Limits = z.infer<typeof limits>;

/** The one form in which Keyway writes times; its pattern is simpler than that of all RFC 3339 can write. */
export const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  .meta({ format: "date-time" });

export const owner = z.strictObject({
  account: accountId,
  team: z.string().nullable(),
  createdBy: z.string(),
});

export const keyStatus = z.enum(["enabled", "disabled"]);

/** The canonical key, the one shape that every service translates to and from. It holds no secret. */
export const key = z.lazy(() =>
  z.strictObject({
    provider: z.string(),
    id: keyId,
    name: z.string(),
    description: z.string(),
    status: keyStatus,
    preview,
    scope,
    ipAllowlist: z.array(z.string()),
    limits,
    sandbox: z.boolean(),
    expiresAt: time.nullable(),
    graceUntil: time.nullable(),
    /** Of a key with a grace: when and from where the secret that it replaced was last good; no address where none was told. */
    graceLastUse: z.strictObject({ at: time, ip: z.string() }).nullable().default(null),
    /** When its secret was last replaced, where Keyway keeps the key; null for one that never was. */
    rotatedAt: time.nullable().default(null),
    owner,
    createdAt: time,
    updatedAt: time,
    lastUsedAt: time.nullable(),
    tags: z.record(z.string(), z.string()),
    version: z.int().positive(),
    native: z.json(),
  }),
);
export type Key = z.infer<typeof key>;
export type KeyStatus = Key["status"];
