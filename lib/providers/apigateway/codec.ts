import { Refusal } from "../../errors.ts";
import { Secret } from "../../keys/secret.ts";
import { wholeSeconds } from "../../keys/time.ts";
import type { ApiKey, RequestFilter } from "../../schemas/apigateway.ts";
import type { Key, KeyStatus } from "../../schemas/key.ts";
import type { KeyFilter } from "../../store/port/key-query.ts";
import type { RevealedKey } from "../embedded.ts";
import { apigatewayNative } from "./native.ts";
import { pairOf } from "./profile.ts";

export const fromStatus = (status: KeyStatus): 0 | 1 => (status === "enabled" ? 1 : 0);

interface Tag {
  readonly Key: string;
  readonly Value: string;
}

export const toTags = (tags: readonly Tag[] = []): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
export const fromTags = (tags: Readonly<Record<string, string>>): Tag[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const toApiKey = ({ key, material }: RevealedKey): ApiKey => ({
  AccessKeyId: key.id,
  AccessKeySecret: pairOf(material).secret.expose(),
  AccessKeyType: apigatewayNative.parse(key.native).type,
  SecretName: key.name,
  Status: fromStatus(key.status),
  CreatedTime: wholeSeconds(key.createdAt),
  ModifiedTime: wholeSeconds(key.updatedAt),
  Tags: fromTags(key.tags),
});

/** What the store needs besides the filter itself: the digest of a secret, and which keys a plan holds. */
interface FilterFacts {
  readonly digest: (secret: Secret) => string;
  readonly keysOfPlans: (planIds: readonly string[]) => Promise<readonly string[]>;
}

const statuses: Readonly<Record<string, KeyStatus>> = { "0": "disabled", "1": "enabled" };

export const toFilter = async ({ Name, Values }: RequestFilter, facts: FilterFacts): Promise<KeyFilter> => {
  switch (Name) {
    case "AccessKeyId":
      return { field: "id", op: "equals", values: Values };
    case "AccessKeySecret":
      return {
        field: "digest",
        op: "equals",
        values: Values.map((value) => facts.digest(new Secret(value))),
      };
    // Exact or fuzzy is not stated (inferred: exact, because `KeyWord` is the fuzzy one).
    case "SecretName":
      return { field: "name", op: "equals", values: Values };
    case "KeyWord":
      return { field: "name", op: "contains", values: Values };
    case "Status":
      return { field: "status", op: "equals", values: Values.flatMap((value) => statuses[value] ?? []) };
    case "NotUsagePlanId":
      return { field: "id", op: "not", values: await facts.keysOfPlans(Values) };
    default:
      throw new Refusal("field_value_invalid", "The filter's `Name` is not a known one.", {
        reason: "filter",
      });
  }
};

/** A key as it is after it joined or left a plan. */
export const withPlans = (key: Key, change: (plans: readonly string[]) => readonly string[]): Key => {
  const native = apigatewayNative.parse(key.native);
  return { ...key, native: { ...native, usagePlans: [...change(native.usagePlans)] } };
};
