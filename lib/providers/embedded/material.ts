import { fromSealedText, type Material, previewOf, toSealedText } from "../../keys/material.ts";
import type { KeyRecord } from "../../keys/record.ts";
import type { Secret } from "../../keys/secret.ts";
import type { Preview } from "../../schemas/key.ts";
import type { Place, Vault } from "../../sealing/vault.ts";
import type { SealedSecret, StoredKey } from "../../store/port/records.ts";
import type { Profile } from "../profile.ts";

/** Secrets as they are kept, bound to their keys, and as they may be shown. */
export type Materials = ReturnType<typeof openMaterials>;

export const openMaterials = (vault: Vault, profile: Profile) => {
  /** A secret is bound to its key and to its own generation, which for a replaced one is not the key's. */
  const placeOf = (record: KeyRecord, generation: number): Place => ({
    account: record.account,
    service: profile.service,
    id: record.key.id,
    generation,
  });

  const sealed = async (record: KeyRecord, material: Material): Promise<SealedSecret> => {
    const presented = profile.presented(material);
    return {
      generation: record.generation,
      sealed: await vault.seal(placeOf(record, record.generation), toSealedText(material)),
      digest: presented === null ? null : vault.digest(presented.expose()),
      until: null,
    };
  };

  const unsealed = ({ record, secret }: StoredKey): Promise<Secret> =>
    vault.open(placeOf(record, secret.generation), secret.sealed);

  return {
    sealed,
    opened: async (found: StoredKey): Promise<Material> => fromSealedText(await unsealed(found)),
    preview: (material: Material): Preview =>
      previewOf((profile.preview ?? profile.mask)(material)) as Preview,
    digest: (secret: Secret): string => vault.digest(secret.expose()),
  };
};
