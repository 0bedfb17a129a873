import type { Material } from "../keys/material.ts";
import type { RandomBytes } from "../keys/random.ts";
import type { Secret } from "../keys/secret.ts";
import type { Key, KeyId, Preview, ServiceName } from "../schemas/key.ts";

/** What differs between services, in one place: the embedded engine has no branch for any of them. */
export interface Profile {
  readonly service: ServiceName;
  /** A new key's id and secret. They are made together, because a pair's material holds its id; `now` dates ids. */
  readonly issue: (random: RandomBytes, now: Date) => { readonly id: KeyId; readonly material: Material };
  /** The secret that a caller presents and the key is found by; null for what nobody presents. */
  readonly presented: (material: Material) => Secret | null;
  /** What of the material may be shown. */
  readonly mask: (material: Material) => Preview;
  /** The service's own sub-kind of a key, which its list filters by. */
  readonly variantOf: (key: Pick<Key, "scope" | "native">) => string;
  /** Keys an account may hold by default, over all regions, disabled ones included. */
  readonly keysMax: number;
}

/** The fields of a key that its creator decides. */
export type KeyDraft = Pick<
  Key,
  "name" | "description" | "status" | "scope" | "ipAllowlist" | "limits" | "native"
>;
