import type { RandomBytes } from "../keys/random.ts";
import type { Vault } from "../sealing/vault.ts";
import type { Store } from "../store/port/store.ts";
import type { LeakTargets } from "./match.ts";

export interface LeakParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
  readonly targets: LeakTargets;
}
