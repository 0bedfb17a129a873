import type { MasterKeys } from "../sealing/master.ts";
import type { Store } from "../store/port/store.ts";
import type { Config } from "./config.ts";

/** Where everything is kept, and the key that wraps all keys: SQLite and a file on one machine, DynamoDB and KMS on AWS. */
export interface Storage {
  readonly store: Store;
  readonly master: MasterKeys;
  /** See `AuthenticatorOptions`. */
  readonly verifierKeptMs: number;
}

export type OpenStorage = (config: Config) => Promise<Storage>;
