import * as z from "zod";
import type { Material } from "../../keys/material.ts";
import type { Dialect, NativeCall } from "../dialect.ts";
import { fromTags } from "./codec.ts";
import { fromWire } from "./from-wire.ts";
import { apigatewayNative } from "./native.ts";
import { pairOf } from "./profile.ts";

const pageSize = 100;

/** `Tags` may be null, or absent on international sites. A null `Result` is a failure that calls itself a success. */
const apiKey = z.object({
  AccessKeyId: z.string().min(1),
  AccessKeySecret: z.string().min(1),
  AccessKeyType: z.enum(["auto", "manual"]),
  SecretName: z.string(),
  Status: z.union([z.literal(0), z.literal(1)]),
  CreatedTime: z.string(),
  ModifiedTime: z.string(),
  Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).nullish(),
});
const one = z.object({ Result: apiKey });
const many = z.object({
  Result: z.object({ TotalCount: z.number().nullable(), ApiKeySet: z.array(apiKey).nullable() }),
});

type Reply = z.infer<typeof apiKey>;
const seen = ({ Tags, ...reply }: Reply) => ({ ...reply, Tags: Tags ?? null });

const call = (action: string, input: object): NativeCall => ({ surface: "tencent", action, input });

const secretOf = (material: Material | undefined): object =>
  material === undefined ? {} : { AccessKeySecret: pairOf(material).secret.expose() };

export const apigatewayDialect: Dialect = {
  pageSize,
  list: (Offset) => call("DescribeApiKeysStatus", { Limit: pageSize, Offset }),
  listed: (reply, place) => {
    const { TotalCount, ApiKeySet } = many.parse(reply).Result;
    return { keys: (ApiKeySet ?? []).map((key) => fromWire(seen(key), place)), total: TotalCount ?? 0 };
  },
  read: (AccessKeyId) => call("DescribeApiKey", { AccessKeyId }),
  key: (reply, place) => fromWire(seen(one.parse(reply).Result), place),
  create: (asked, material) => {
    const { type } = apigatewayNative.parse(asked.native);
    const pair = material === undefined ? {} : { AccessKeyId: pairOf(material).id, ...secretOf(material) };
    const tags = Object.keys(asked.tags).length > 0 ? { Tags: fromTags(asked.tags) } : {};
    return call("CreateApiKey", { SecretName: asked.name, AccessKeyType: type, ...pair, ...tags });
  },
  created: (reply, place) => {
    const key = fromWire(seen(one.parse(reply).Result), place);
    return { id: key.key.id, key };
  },
  setStatus: (AccessKeyId, status) =>
    call(status === "enabled" ? "EnableApiKey" : "DisableApiKey", { AccessKeyId }),
  rotate: (AccessKeyId, material) => call("UpdateApiKey", { AccessKeyId, ...secretOf(material) }),
  rotated: (reply, place) => fromWire(seen(one.parse(reply).Result), place),
  remove: (AccessKeyId) => call("DeleteApiKey", { AccessKeyId }),
};
