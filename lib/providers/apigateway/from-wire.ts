import { Secret } from "../../keys/secret.ts";
import type { ApiKey } from "../../schemas/apigateway.ts";
import { instant, type WireKey, type WirePlace, wireKey } from "../from-wire.ts";
import { toTags } from "./codec.ts";
import { maskSecret } from "./profile.ts";

/** Every reply about a key has its secret in clear. `Tags` may be null, or absent on international sites. */
export const fromWire = (
  reply: Omit<ApiKey, "Tags"> & { readonly Tags?: ApiKey["Tags"] | null },
  place: WirePlace,
): WireKey => {
  const said = {
    id: reply.AccessKeyId,
    name: reply.SecretName,
    status: reply.Status === 1 ? ("enabled" as const) : ("disabled" as const),
    preview: maskSecret(reply.AccessKeySecret),
    createdAt: instant(reply.CreatedTime),
    updatedAt: instant(reply.ModifiedTime),
    // Which plans hold the key is told by the plans alone.
    native: { type: reply.AccessKeyType, usagePlans: [] },
  };
  return {
    key: wireKey(place, said, { tags: toTags(reply.Tags ?? []) }),
    material: { kind: "pair", id: reply.AccessKeyId, secret: new Secret(reply.AccessKeySecret) },
  };
};
