import { type Material, previewOf } from "../../keys/material.ts";
import { Secret } from "../../keys/secret.ts";
import type { CredentialDetail } from "../../schemas/csip.ts";
import { instant, type WireKey, type WirePlace, wireKey } from "../from-wire.ts";
import { previewMask, shown } from "./mask.ts";

/** A list's row has no parts; of a detail, the part that the type does not have may be absent or null. */
type Reply = Omit<CredentialDetail, "Access" | "STS" | "CredentialEffectScope"> & {
  readonly CredentialEffectScope: { readonly Exclude: 0 | 1; readonly Instances: readonly string[] | null };
  readonly Access?: CredentialDetail["Access"] | null;
  readonly STS?: CredentialDetail["STS"] | null;
};

const maskedOf = ({ Access, STS }: Reply): Material | undefined => {
  if (Access) {
    return {
      kind: "fields",
      fields: Access.map(({ Key, Value }) => ({ name: Key, value: new Secret(Value) })),
    };
  }
  if (!STS) return undefined;
  return {
    kind: "sts",
    system: STS.System,
    secretId: new Secret(STS.SecretID),
    secretKey: new Secret(STS.SecretKey),
  };
};

/** Clear values never come out of this service, so there is no material. */
export const fromWire = (reply: Reply, place: WirePlace): WireKey => {
  const { Exclude, Instances } = reply.CredentialEffectScope;
  const masked = maskedOf(reply);
  const said = {
    id: reply.CredentialId,
    name: reply.CredentialName,
    status: "enabled" as const,
    preview: masked === undefined ? "" : previewOf(shown(masked, previewMask)),
    createdAt: instant(reply.CreateTime),
    updatedAt: instant(reply.UpdateTime),
    native: { Exclude, Instances: [...(Instances ?? [])] },
  };
  return { key: wireKey(place, said, {}) };
};
