import * as z from "zod";
import { isIpOrCidr } from "../keys/allowlist.ts";
import { limit, name } from "./aione-fields.ts";
import { secretField } from "./secret-mark.ts";

/** Every request and reply of AIone's key management and model lists. What its pages leave open is marked there. */

const modelsAllowed = z.array(z.string().min(1).max(128)).max(1000).nullable();
const allowedIps = z
  .array(z.string().refine(isIpOrCidr, { message: "value is not an IPv4 or IPv6 address or network" }))
  .max(1000)
  .nullable();

/** Of any version, in lower case. */
const uuid = z.guid().toLowerCase();

const keyPath = z.object({ key_id: uuid });

/** Unknown fields are ignored, as the service's framework does by default (inferred). */
export const createKeyRequest = z.object({
  path: z.object({}),
  body: z.object({
    name,
    team_id: uuid.nullable().optional(),
    models_allowed: modelsAllowed.optional(),
    rpm_limit: limit.optional(),
    tpm_limit: limit.optional(),
    is_sandbox: z.boolean().optional(),
    allowed_ips: allowedIps.optional(),
    expires_at: z.iso.datetime({ offset: true }).nullable().optional(),
  }),
});

/** Partial, though the method is PUT: absent stays, null clears (inferred). */
export const updateKeyRequest = z.object({
  path: keyPath,
  body: z.object({
    name: name.optional(),
    models_allowed: modelsAllowed.optional(),
    allowed_ips: allowedIps.optional(),
    rpm_limit: limit.optional(),
    tpm_limit: limit.optional(),
  }),
});

export const keyRequest = z.object({ path: keyPath });
export const bareRequest = z.object({ path: z.object({}) });

/** In the order of the wire's sample. */
export const keyResponse = z.strictObject({
  id: z.guid(),
  org_id: z.guid(),
  team_id: z.guid().nullable(),
  name: z.string(),
  /** In clear at creation and rotation only (inferred). */
  key: secretField(z.string()).nullable(),
  key_prefix: z.string(),
  models_allowed: z.array(z.string()).nullable(),
  rpm_limit: z.int().nullable(),
  tpm_limit: z.int().nullable(),
  is_sandbox: z.boolean(),
  allowed_ips: z.array(z.string()).nullable(),
  expires_at: z.string().nullable(),
  rotate_grace_until: z.string().nullable(),
  /** No values are published: `active` and `disabled` (inferred). */
  status: z.enum(["active", "disabled"]),
  created_at: z.string(),
});
export type KeyResponse = z.infer<typeof keyResponse>;

export const keyListResponse = z.strictObject({ items: z.array(keyResponse), total: z.int() });

/** Its fields are unknown (inferred). */
export const modelListResponse = z.strictObject({
  items: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  total: z.int(),
});

/** The OpenAI form, with a display name (inferred). */
export const modelsResponse = z.strictObject({
  object: z.literal("list"),
  data: z.array(
    z.strictObject({
      id: z.string(),
      object: z.literal("model"),
      created: z.int(),
      owned_by: z.string(),
      display_name: z.string(),
    }),
  ),
});

/** Of a query, where all is text. Its names, its bounds and its default are unknown (inferred). */
const rangeDays = z
  .stringFormat("int_parsing", /^[+-]?\d{1,9}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(365))
  .default(7);

export const dashboardRequest = z.object({ path: z.object({}), query: z.object({ range_days: rangeDays }) });

export const usageRequest = z.object({
  path: z.object({}),
  query: z.object({
    range_days: rangeDays,
    key_id: uuid.optional(),
    team_id: uuid.optional(),
    model: z.string().min(1).max(256).optional(),
  }),
});

const count = z.int().min(0);
/** Money and shares are decimal texts, with two digits behind the point. */
const decimal = z.string().regex(/^\d+\.\d\d$/);
const date = z.iso.date();

/** Its fields are unknown (inferred). */
const usageRow = z.strictObject({
  date,
  key_id: z.string().nullable(),
  team_id: z.string().nullable(),
  model: z.string().nullable(),
  requests: count,
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  cost_rmb: decimal,
});
export type UsageRow = z.infer<typeof usageRow>;
/** No model of a wrapper is published, so a bare list (inferred). */
export const usageResponse = z.array(usageRow);

/** As far as its page shows; the trend, and its fields, are inferred. */
const techDashboard = z.strictObject({
  total_tokens: count,
  prompt_tokens: count,
  completion_tokens: count,
  total_requests: count,
  total_cost_rmb: decimal,
  avg_latency_ms: count,
  p99_latency_ms: count,
  error_rate_pct: decimal,
  rpm_usage_pct: decimal,
  model_distribution: z.array(z.strictObject({ model: z.string(), requests: count, tokens: count })),
  daily_trend: z.array(z.strictObject({ date, requests: count, tokens: count, cost_rmb: decimal })),
});
export type TechDashboard = z.infer<typeof techDashboard>;

/** The block of the mode that is not shown is null (inferred). */
export const dashboardResponse = z.strictObject({
  view_mode: z.literal("tech"),
  tech: techDashboard,
  business: z.null(),
});
