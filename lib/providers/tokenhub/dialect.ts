import * as z from "zod";
import { Refusal } from "../../errors.ts";
import type { Asked } from "../../keys/asked.ts";
import { sameContent } from "../../keys/content.ts";
import type { Scope } from "../../schemas/key.ts";
import type { ApiKeyDetail, QuotaItem } from "../../schemas/tokenhub.ts";
import type { Dialect, NativeCall } from "../dialect.ts";
import { wireId } from "../from-wire.ts";
import { fromStatus, platform } from "./codec.ts";
import { fromWire } from "./from-wire.ts";
import { tokenhubNative } from "./native.ts";
import { fromQuotas } from "./quotas.ts";
import { fromScope } from "./scope.ts";

const pageSize = 100;

/** `2026-07-01 09:30:00` */
const chinaTime = z.string().refine((text) => !Number.isNaN(Date.parse(`${text.replace(" ", "T")}+08:00`)), {
  message: "must be a time",
});

/** That a package is still listed once it is over is inferred from its having a code; it limits nothing any more. */
const packageDestroyed = 4;

/** What is used of a reply; an empty list may come as null, and new fields are passed over. */
const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
const detail = z.object({
  ApiKeyId: wireId,
  ApiKey: z.string().min(1),
  Name: z.string(),
  Remark: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  SubUin: z.string(),
  Status: z.enum(["enable", "disable"]),
  BindType: z.enum([
    "all",
    "model_all_endpoint_custom",
    "model_custom_endpoint_all",
    "model_custom_endpoint_custom",
  ]),
  CreateTime: chinaTime,
  UpdateTime: chinaTime,
  BindingItems: listOf(z.object({ ResourceId: z.string(), ResourceType: z.enum(["endpoint", "model"]) })),
  IpWhitelist: listOf(z.string()),
  QuotaSet: listOf(
    z.object({
      PkgId: z.string(),
      Status: z.number(),
      CycleUnit: z.enum(["d", "m", "lifetime"]),
      CycleCredits: z.string().regex(/^[1-9]\d*$/),
      StartTime: z.string(),
      ExpireTime: z.string(),
    }),
  ),
});
const list = z.object({ ApiKeySet: listOf(detail), TotalCount: z.int().min(0) });
const created = z.object({ ApiKeyId: wireId });

/** Of the documented form, what no canonical key has. Some of it is optional, so none of it is asked for. */
const unused = {
  Platform: platform,
  Uin: "",
  AppId: "",
  Editable: true,
  Creator: "",
  QuotaStatus: "",
} as const;

const seen = ({ QuotaSet, ...reply }: z.infer<typeof detail>): ApiKeyDetail => ({
  ...reply,
  ...unused,
  QuotaSet: QuotaSet.filter(({ Status }) => Status !== packageDestroyed).map((one) => ({
    ...one,
    CycleUsed: "",
  })),
});

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

/**
 * No reply tells the day on which a monthly quota begins anew, and a list of quotas without it would say the first: the
 * system would make the quota anew, its usage forgotten.
 */
const quotasDesired = (before: Pick<Asked, "limits">, after: Pick<Asked, "limits">): readonly QuotaItem[] => {
  const wanted = after.limits.tokenQuotas;
  const at = wanted.findIndex(({ cycle, startDay }) => cycle === "month" && startDay === null);
  if (at >= 0 && before.limits.tokenQuotas.some(({ cycle }) => cycle === "month")) {
    const path = `limits.tokenQuotas.${at}.startDay`;
    const message =
      "must be named (1 to 31): TokenHub does not tell it, and leaving it out begins the month anew";
    throw new Refusal("field_missing", `The field \`${path}\` ${message}.`, { issues: [{ path, message }] });
  }
  return fromQuotas(wanted);
};

const bindingsOf = ({ native }: Pick<Asked, "native">) => tokenhubNative.parse(native).bindings;

export const tokenhubDialect: Dialect = {
  list: (Offset) => call("DescribeApiKeyList", { Limit: pageSize, Offset }),
  listed: (reply, place) => {
    const { ApiKeySet, TotalCount } = list.parse(reply);
    return { keys: ApiKeySet.map((one) => fromWire(seen(one), place)), total: TotalCount };
  },
  read: (ApiKeyId) => call("DescribeApiKey", { ApiKeyId }),
  key: (reply, place) => fromWire(seen(detail.parse(reply)), place),
  create: (asked) =>
    call("CreateApiKey", {
      ApiKeyName: asked.name,
      Status: fromStatus(asked.status),
      // Left out for none, which is what the documentation knows of.
      ...(asked.description !== "" && { Remark: asked.description }),
      ...(asked.ipAllowlist.length > 0 && { IpWhitelist: asked.ipAllowlist }),
      ...(asked.limits.tokenQuotas.length > 0 && { Quotas: fromQuotas(asked.limits.tokenQuotas) }),
      ...scopeInput(asked.scope, asked),
    }),
  created: (reply) => ({ id: created.parse(reply).ApiKeyId, key: undefined }),
  change: (before, after) => {
    const ApiKeyId = before.id;
    const info = {
      ...(after.description !== before.description && { Remark: after.description }),
      ...(!sameContent(after.ipAllowlist, before.ipAllowlist) && { IpWhitelist: after.ipAllowlist }),
      ...(!sameContent(fromQuotas(after.limits.tokenQuotas), fromQuotas(before.limits.tokenQuotas)) && {
        QuotasDesired: quotasDesired(before, after),
      }),
    };
    const isRebound =
      fromScope(after.scope) !== fromScope(before.scope) ||
      !sameContent(bindingsOf(after), bindingsOf(before));
    return [
      ...(isRebound ? [call("ModifyApiKeyBindings", { ApiKeyId, ...scopeInput(after.scope, after) })] : []),
      ...(Object.keys(info).length > 0 ? [call("ModifyApiKeyInfo", { ApiKeyId, ...info })] : []),
    ];
  },
  setStatus: (ApiKeyId, status) => call("ModifyApiKeyStatus", { ApiKeyId, Status: fromStatus(status) }),
  remove: (ApiKeyId) => call("DeleteApiKey", { ApiKeyId }),
};
