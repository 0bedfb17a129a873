import * as z from "zod";
import { Refusal } from "../../errors.ts";
import type { Material } from "../../keys/material.ts";
import type { Dialect, NativeCall } from "../dialect.ts";
import { wireId } from "../from-wire.ts";
import { fromTags } from "./codec.ts";
import { fromWire } from "./from-wire.ts";
import { apigatewayNative } from "./native.ts";

const pageSize = 100;

const time = z.iso.datetime({ offset: true });

/** `Tags` may be null, or absent on international sites. A null `Result` is a failure that calls itself a success. */
const apiKey = z.object({
  AccessKeyId: wireId,
  AccessKeySecret: z.string().min(1),
  AccessKeyType: z.enum(["auto", "manual"]),
  SecretName: z.string(),
  Status: z.union([z.literal(0), z.literal(1)]),
  CreatedTime: time,
  ModifiedTime: time,
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).nullish(),
});
const one = z.object({ Result: apiKey });
const many = z.object({
  // Both may be null, but keys of which nobody knows how many there are would be taken for all of them.
  Result: z
    .object({ TotalCount: z.int().min(0).nullable(), ApiKeySet: z.array(apiKey).nullable() })
    .refine(({ TotalCount, ApiKeySet }) => TotalCount !== null || (ApiKeySet ?? []).length === 0, {
      path: ["TotalCount"],
      message: "must count the keys",
    }),
});

const plans = z.object({
  Result: z.object({
    TotalCount: z.int().min(0).nullable(),
    UsagePlanStatusSet: z.array(z.object({ UsagePlanId: z.string().min(1) })).nullable(),
  }),
});
const plan = z.object({ Result: z.object({ BindSecretIds: z.array(z.string()).nullable() }) });

type Reply = z.infer<typeof apiKey>;
const seen = ({ Tags, ...reply }: Reply) => ({ ...reply, Tags: Tags ?? null });

const call = (action: string, input: object): NativeCall => ({ surface: "tencent", action, input });

/** What somebody brings along; another kind is their mistake and not ours. */
const pairInput = (
  material: Material | undefined,
): { readonly AccessKeyId?: string; readonly AccessKeySecret?: string } => {
  if (material === undefined) return {};
  if (material.kind === "pair") {
    return { AccessKeyId: material.id, AccessKeySecret: material.secret.expose() };
  }
  throw new Refusal("field_value_invalid", "The `material` must be of the kind `pair`.", {
    issues: [{ path: "material.kind", message: "must be `pair`" }],
  });
};

export const apigatewayDialect: Dialect = {
  list: (Offset) => call("DescribeApiKeysStatus", { Limit: pageSize, Offset }),
  listed: (reply, place) => {
    const { TotalCount, ApiKeySet } = many.parse(reply).Result;
    return { keys: (ApiKeySet ?? []).map((key) => fromWire(seen(key), place)), total: TotalCount ?? 0 };
  },
  read: (AccessKeyId) => call("DescribeApiKey", { AccessKeyId }),
  key: (reply, place) => fromWire(seen(one.parse(reply).Result), place),
  create: (asked, material) => {
    const { type } = apigatewayNative.parse(asked.native);
    const tags = Object.keys(asked.tags).length > 0 ? { Tags: fromTags(asked.tags) } : {};
    return call("CreateApiKey", {
      SecretName: asked.name,
      AccessKeyType: type,
      ...pairInput(material),
      ...tags,
    });
  },
  created: (reply, place) => {
    const key = fromWire(seen(one.parse(reply).Result), place);
    return { id: key.key.id, key };
  },
  setStatus: (AccessKeyId, status) =>
    call(status === "enabled" ? "EnableApiKey" : "DisableApiKey", { AccessKeyId }),
  rotate: (id, material) => call("UpdateApiKey", { ...pairInput(material), AccessKeyId: id }),
  rotated: (reply, place) => fromWire(seen(one.parse(reply).Result), place),
  remove: (AccessKeyId) => call("DeleteApiKey", { AccessKeyId }),
  bindings: {
    list: (Offset) => call("DescribeUsagePlansStatus", { Limit: pageSize, Offset }),
    listed: (reply) => {
      const { TotalCount, UsagePlanStatusSet } = plans.parse(reply).Result;
      return {
        ids: (UsagePlanStatusSet ?? []).map(({ UsagePlanId }) => UsagePlanId),
        total: TotalCount ?? 0,
      };
    },
    read: (UsagePlanId) => call("DescribeUsagePlan", { UsagePlanId }),
    keys: (reply) => plan.parse(reply).Result.BindSecretIds ?? [],
    bind: (UsagePlanId, key) => call("BindSecretIds", { UsagePlanId, AccessKeyIds: [key] }),
    unbind: (UsagePlanId, key) => call("UnBindSecretIds", { UsagePlanId, AccessKeyIds: [key] }),
  },
  refusals: {
    meanings: new Map([
      ["FailedOperation.AccessKeyExist", "already_exists"],
      ["LimitExceeded.RequestLimitExceeded", "rate_limited"],
      ["UnsupportedOperation.ResourceIsInUse", "in_use"],
      ["UnsupportedOperation.UsagePlanInUse", "in_use"],
    ]),
  },
};
