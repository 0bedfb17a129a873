import * as z from "zod";
import { secretField } from "./secret-mark.ts";
import { cycleCreditsMax, ipWhitelist, name, remark, repeated } from "./tokenhub-fields.ts";

/** Every TokenHub request and reply, version 2026-03-22. Strict on both sides: a reply with a stray field is a bug. */

const platform = z.enum(["maas"]);
const status = z.enum(["enable", "disable"]);
const apiKeyId = z.string().min(1).max(128);

const bindingItem = z.strictObject({
  ResourceId: z.string().min(1).max(256),
  ResourceType: z.enum(["endpoint", "model"]),
  /** Of replies; part of the documented type, so clients that echo a binding send it. */
  Status: z.string().max(64).optional(),
});
export type BindingItem = z.infer<typeof bindingItem>;

const bindings = z
  .array(bindingItem)
  .max(1000)
  .refine((items) => !repeated(items.map((item) => `${item.ResourceType} ${item.ResourceId}`)), {
    message: "must not hold the same resource twice.",
  });

const quotaItem = z
  .strictObject({
    CycleUnit: z.enum(["d", "m", "lifetime"]),
    CycleCredits: z
      .string()
      .refine((text) => /^\d{1,14}$/.test(text) && BigInt(text) >= 1n && BigInt(text) <= cycleCreditsMax, {
        message: `must be a decimal number from 1 to ${cycleCreditsMax}.`,
      }),
    MonthStartDay: z.int().min(1).max(31).optional(),
  })
  .refine((item) => item.MonthStartDay === undefined || item.CycleUnit === "m", {
    path: ["MonthStartDay"],
    params: { code: "field_conflict" },
    message: "goes only with the CycleUnit `m`.",
  });
export type QuotaItem = z.infer<typeof quotaItem>;

const quotas = z
  .array(quotaItem)
  .max(3)
  .refine((items) => !repeated(items.map((item) => item.CycleUnit)), {
    message: "must not hold the same CycleUnit twice.",
  });

const requestId = z.string();
const doneReply = z.strictObject({ RequestId: requestId });

interface ScopeInput {
  readonly BindType: string;
  readonly Bindings?: readonly BindingItem[] | undefined;
}

/** Bindings belong to the custom scope and to it alone. */
const scopeRule = (input: ScopeInput, issues: z.core.$ZodRawIssue[]): void => {
  const given = (input.Bindings?.length ?? 0) > 0;
  if (input.BindType === "all" && given) {
    issues.push(scopeIssue(input, "field_conflict", "must be left out when `BindType` is `all`."));
  }
  if (input.BindType !== "all" && !given) {
    issues.push(
      scopeIssue(input, "field_missing", `is required when \`BindType\` is \`${input.BindType}\`.`),
    );
  }
};
const scopeIssue = (input: unknown, code: string, message: string): z.core.$ZodRawIssue => ({
  code: "custom",
  path: ["Bindings"],
  input,
  params: { code },
  message,
});

const bindTypeIn = z.enum(["all", "model_custom_endpoint_custom"]);
const bindTypeOut = z.enum([
  "all",
  "model_all_endpoint_custom",
  "model_custom_endpoint_all",
  "model_custom_endpoint_custom",
]);
export type BindType = z.infer<typeof bindTypeOut>;

export const createApiKeyRequest = z
  .strictObject({
    ApiKeyName: name,
    Platform: platform,
    BindType: bindTypeIn,
    Remark: remark.optional(),
    Status: status.optional(),
    Bindings: bindings.optional(),
    IpWhitelist: ipWhitelist.optional(),
    Quotas: quotas.optional(),
  })
  .check((payload) => scopeRule(payload.value, payload.issues));
export const createApiKeyReply = z.strictObject({ ApiKeyId: z.string(), RequestId: requestId });

export const modifyApiKeyBindingsRequest = z
  .strictObject({
    ApiKeyId: apiKeyId,
    Platform: platform,
    BindType: bindTypeIn,
    Bindings: bindings.optional(),
  })
  .check((payload) => scopeRule(payload.value, payload.issues));
export const modifyApiKeyBindingsReply = doneReply;

export const describeApiKeyRequest = z
  .strictObject({
    Platform: platform,
    ApiKeyId: apiKeyId.optional(),
    ApiKey: secretField(z.string().min(1).max(512)).optional(),
  })
  .refine((input) => input.ApiKeyId !== undefined || input.ApiKey !== undefined, {
    path: ["ApiKeyId"],
    params: { code: "field_missing" },
    message: "or `ApiKey` is required.",
  });

const quotaInfo = z.strictObject({
  PkgId: z.string(),
  Status: z.int(),
  CycleUnit: z.enum(["d", "m", "lifetime"]),
  CycleCredits: z.string(),
  CycleUsed: z.string(),
  StartTime: z.string(),
  ExpireTime: z.string(),
});

const detail = {
  ApiKeyId: z.string(),
  Name: z.string(),
  Platform: platform,
  Remark: z.string(),
  Uin: z.string(),
  SubUin: z.string(),
  AppId: z.string(),
  Status: status,
  BindType: bindTypeOut,
  CreateTime: z.string(),
  UpdateTime: z.string(),
  Editable: z.boolean(),
  BindingItems: z.array(bindingItem),
  IpWhitelist: z.array(z.string()),
  Creator: z.string(),
  QuotaSet: z.array(quotaInfo).optional(),
  QuotaStatus: z.enum(["", "active", "inactive"]),
};

/** First five, three stars, last four. The reply schema checks the shape, so that a clear secret cannot pass for one. */
const maskedApiKey = z.string().regex(/^.{5}\*{3}.{4}$/);
const apiKeyDetail = z.strictObject({ ...detail, ApiKey: maskedApiKey });
export type ApiKeyDetail = z.infer<typeof apiKeyDetail>;

export const describeApiKeyReply = z.strictObject({
  ...detail,
  ApiKey: secretField(z.string()),
  RequestId: requestId,
});

const filterName = z.enum(["apikeyId", "apiKeyName", "platform", "status", "bindType"]);
const requestFilter = z.strictObject({
  Name: filterName,
  Op: z.enum(["EXACT", "FUZZY", "NOT"]),
  Values: z.array(z.string().max(256)).min(1).max(10),
});
export type RequestFilter = z.infer<typeof requestFilter>;

export const describeApiKeyListRequest = z.strictObject({
  Platform: platform.optional(),
  Limit: z.int().min(1).max(100).optional(),
  Offset: z.int().min(0).optional(),
  Filters: z.array(requestFilter).max(10).optional(),
  Sorts: z
    .array(z.strictObject({ Name: z.enum(["apiKeyName"]), Order: z.enum(["ASC", "DESC"]) }))
    .max(1)
    .optional(),
});
export const describeApiKeyListReply = z.strictObject({
  ApiKeySet: z.array(apiKeyDetail),
  TotalCount: z.int().min(0),
  RequestId: requestId,
});

export const modifyApiKeyInfoRequest = z.strictObject({
  ApiKeyId: apiKeyId,
  Platform: platform,
  ApiKeyName: name.optional(),
  Remark: remark.optional(),
  IpWhitelist: ipWhitelist.optional(),
  QuotasDesired: quotas.optional(),
});
export const modifyApiKeyInfoReply = doneReply;

export const modifyApiKeyStatusRequest = z.strictObject({
  ApiKeyId: apiKeyId,
  Platform: platform,
  Status: status,
});
export const modifyApiKeyStatusReply = doneReply;

export const deleteApiKeyRequest = z.strictObject({ ApiKeyId: apiKeyId, Platform: platform });
export const deleteApiKeyReply = doneReply;
