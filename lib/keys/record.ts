import type { AccountId, Key, ServiceName } from "../schemas/key.ts";
import type { Material } from "./material.ts";

/** A key as the store keeps it: the canonical key and what it is found by. */
export interface KeyRecord {
  readonly account: AccountId;
  readonly service: ServiceName;
  /** Where the service lists the key; empty for a service without regions. */
  readonly region: string;
  /** The service's own sub-kind of key, which its list filters by: TokenHub's BindType, for one. */
  readonly variant: string;
  /** What kind of secret is sealed. */
  readonly materialKind: Material["kind"];
  /** Counts the secrets that this key has had; the sealed secret is bound to it. */
  readonly generation: number;
  readonly key: Key;
}
