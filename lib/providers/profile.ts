import type { Material } from "../keys/material.ts";
import type { RandomBytes } from "../keys/random.ts";
import type { Key, KeyId, Preview, ServiceName } from "../schemas/key.ts";

/** What differs between services, as data: the embedded engine has no branch for any of them. */
export interface Profile {
  readonly service: ServiceName;
  /** `now` is for ids that carry their date. */
  readonly newId: (random: RandomBytes, now: Date) => KeyId;
  readonly newMaterial: (random: RandomBytes) => Material;
  /** The material as one text: what is sealed, and what digests are made of. */
  readonly encode: (material: Material) => string;
  readonly decode: (text: string) => Material;
  /** What of the material may be shown. */
  readonly mask: (material: Material) => Preview;
  /** Keys an account may hold by default, over all regions, disabled ones included. */
  readonly keysMax: number;
}

/** The fields of a key that its creator decides. */
export type KeyDraft = Pick<
  Key,
  "name" | "description" | "status" | "scope" | "ipAllowlist" | "limits" | "native"
> & {
  readonly variant: string;
};
