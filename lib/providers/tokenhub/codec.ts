import type { Key, KeyStatus } from "../../schemas/key.ts";
import type { ApiKeyDetail, BindingItem, BindType, RequestFilter } from "../../schemas/tokenhub.ts";
import type { KeyFilter } from "../../store/port/key-query.ts";
import type { AccountRecord } from "../../store/port/records.ts";
import { type TokenhubNative, tokenhubNative } from "./native.ts";
import { quotaSet } from "./quotas.ts";
import { fromScope } from "./scope.ts";
import { chinaTime } from "./time.ts";

/** The only platform that the documentation knows. */
export const platform = "maas";

const statuses = [
  ["enable", "enabled"],
  ["disable", "disabled"],
] as const satisfies readonly (readonly [string, KeyStatus])[];
type NativeStatus = (typeof statuses)[number][0];

export const toStatus = (native: NativeStatus): KeyStatus => (native === "enable" ? "enabled" : "disabled");
export const fromStatus = (status: KeyStatus): NativeStatus => (status === "enabled" ? "enable" : "disable");

const bindTypes: readonly BindType[] = [
  "all",
  "model_all_endpoint_custom",
  "model_custom_endpoint_all",
  "model_custom_endpoint_custom",
];

export const toBindings = (bindings: readonly BindingItem[] = []): TokenhubNative["bindings"] =>
  bindings.map(({ ResourceId, ResourceType }) => ({ ResourceId, ResourceType }));

/**
 * The fields that list and detail share: all but the key's value, which is masked in the one and clear in the other.
 * `spent` is of each token quota.
 */
export const toDetail = (
  key: Key,
  owner: AccountRecord,
  spent: readonly number[],
): Omit<ApiKeyDetail, "ApiKey"> => {
  const native = tokenhubNative.parse(key.native);
  const created = chinaTime(new Date(key.createdAt));
  return {
    ApiKeyId: key.id,
    Name: key.name,
    Platform: platform,
    Remark: key.description,
    Uin: owner.id,
    SubUin: key.owner.createdBy,
    AppId: owner.appId,
    Status: fromStatus(key.status),
    BindType: fromScope(key.scope),
    CreateTime: created,
    UpdateTime: key.updatedAt === key.createdAt ? created : chinaTime(new Date(key.updatedAt)),
    Editable: true,
    BindingItems: native.bindings,
    IpWhitelist: key.ipAllowlist,
    Creator: "", // documented as empty for the platform `maas`
    ...quotaSet(key.limits, native.quotaPackages, spent),
  };
};

/**
 * A native filter over a field with few values becomes the list of the values that match, so that the store compares
 * its own words only. One on `platform` either holds for every key or for none.
 */
export const toFilter = ({ Name, Op, Values }: RequestFilter): KeyFilter => {
  switch (Name) {
    case "apikeyId":
      return { field: "id", op: operators[Op], values: Values };
    case "apiKeyName":
      return { field: "name", op: operators[Op], values: Values };
    case "status":
      return {
        field: "status",
        op: "equals",
        values: statuses.filter(([native]) => matches(native, Op, Values)).map(([, status]) => status),
      };
    case "bindType":
      return {
        field: "variant",
        op: "equals",
        values: bindTypes.filter((type) => matches(type, Op, Values)),
      };
    case "platform":
      return matches(platform, Op, Values)
        ? { field: "id", op: "not", values: [] }
        : { field: "id", op: "equals", values: [] };
  }
};

const operators = { EXACT: "equals", FUZZY: "contains", NOT: "not" } as const;

const matches = (text: string, op: RequestFilter["Op"], values: readonly string[]): boolean => {
  switch (op) {
    case "EXACT":
      return values.includes(text);
    case "FUZZY":
      return values.some((value) => text.toLowerCase().includes(value.toLowerCase()));
    case "NOT":
      return !values.includes(text);
  }
};
