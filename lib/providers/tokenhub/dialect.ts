import * as z from "zod";
import { Refusal } from "../../errors.ts";
import type { Asked } from "../../keys/asked.ts";
import type { Scope, TokenQuota } from "../../schemas/key.ts";
import type { Dialect, NativeCall } from "../dialect.ts";
import { fromStatus, platform } from "./codec.ts";
import { fromWire } from "./from-wire.ts";
import { tokenhubNative } from "./native.ts";
import { fromQuotas } from "./quotas.ts";
import { fromScope } from "./scope.ts";

const pageSize = 100;

/** What is used of a reply; an empty list may come as null, and new fields are passed over. */
const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
const detail = z.object({
  ApiKeyId: z.string().min(1),
  ApiKey: z.string(),
  Name: z.string(),
  Platform: z.literal(platform),
  Remark: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  Uin: z.string(),
  SubUin: z.string(),
  AppId: z.string(),
  Status: z.enum(["enable", "disable"]),
  BindType: z.enum([
    "all",
    "model_all_endpoint_custom",
    "model_custom_endpoint_all",
    "model_custom_endpoint_custom",
  ]),
  CreateTime: z.string(),
  UpdateTime: z.string(),
  Editable: z.boolean(),
  BindingItems: listOf(z.object({ ResourceId: z.string(), ResourceType: z.enum(["endpoint", "model"]) })),
  IpWhitelist: listOf(z.string()),
  Creator: z.string(),
  QuotaSet: listOf(
    z.object({
      PkgId: z.string(),
      Status: z.number(),
      CycleUnit: z.enum(["d", "m", "lifetime"]),
      CycleCredits: z.string(),
      CycleUsed: z.string(),
      StartTime: z.string(),
      ExpireTime: z.string(),
    }),
  ),
  QuotaStatus: z.enum(["", "active", "inactive"]),
});
const list = z.object({ ApiKeySet: listOf(detail), TotalCount: z.number() });
const created = z.object({ ApiKeyId: z.string().min(1) });

const call = (action: string, input: object): NativeCall => ({
  surface: "tencent",
  action,
  input: { Platform: platform, ...input },
});

/** Which of models and endpoints are restricted, as creation takes it: both, or neither. */
const scopeInput = (scope: Scope, { native }: Pick<Asked, "native">): object => {
  const BindType = fromScope(scope);
  if (BindType === "all") return { BindType };
  if (BindType === "model_custom_endpoint_custom") {
    return { BindType, Bindings: tokenhubNative.parse(native).bindings };
  }
  throw new Refusal(
    "unsupported",
    "TokenHub restricts models and endpoints together: name both in `scope`, or neither.",
    { issues: [{ path: "scope", message: "must name both models and endpoints, or neither" }] },
  );
};

const plain = (quotas: readonly TokenQuota[]): string => JSON.stringify(fromQuotas(quotas));
const bindingsText = ({ native }: Pick<Asked, "native">): string =>
  JSON.stringify(tokenhubNative.parse(native).bindings);

export const tokenhubDialect: Dialect = {
  pageSize,
  list: (Offset) => call("DescribeApiKeyList", { Limit: pageSize, Offset }),
  listed: (reply, place) => {
    const { ApiKeySet, TotalCount } = list.parse(reply);
    return { keys: ApiKeySet.map((one) => fromWire(one, place)), total: TotalCount };
  },
  read: (ApiKeyId) => call("DescribeApiKey", { ApiKeyId }),
  key: (reply, place) => fromWire(detail.parse(reply), place),
  create: (asked) =>
    call("CreateApiKey", {
      ApiKeyName: asked.name,
      Remark: asked.description,
      Status: fromStatus(asked.status),
      IpWhitelist: asked.ipAllowlist,
      Quotas: fromQuotas(asked.limits.tokenQuotas),
      ...scopeInput(asked.scope, asked),
    }),
  created: (reply) => ({ id: created.parse(reply).ApiKeyId, key: undefined }),
  change: (before, after) => {
    const ApiKeyId = before.id;
    const info = {
      ...(after.description !== before.description && { Remark: after.description }),
      ...(String(after.ipAllowlist) !== String(before.ipAllowlist) && { IpWhitelist: after.ipAllowlist }),
      ...(plain(after.limits.tokenQuotas) !== plain(before.limits.tokenQuotas) && {
        QuotasDesired: fromQuotas(after.limits.tokenQuotas),
      }),
    };
    const isRebound =
      fromScope(after.scope) !== fromScope(before.scope) || bindingsText(after) !== bindingsText(before);
    return [
      ...(isRebound ? [call("ModifyApiKeyBindings", { ApiKeyId, ...scopeInput(after.scope, after) })] : []),
      ...(Object.keys(info).length > 0 ? [call("ModifyApiKeyInfo", { ApiKeyId, ...info })] : []),
    ];
  },
  setStatus: (ApiKeyId, status) => call("ModifyApiKeyStatus", { ApiKeyId, Status: fromStatus(status) }),
  remove: (ApiKeyId) => call("DeleteApiKey", { ApiKeyId }),
};
