import type { Profile } from "../providers/profile.ts";
import type { Vault } from "../sealing/vault.ts";
import type { Store } from "../store/port/store.ts";
import type { Limiter } from "./limiter.ts";
import type { UsageCollector } from "./usage.ts";

/** What verification is done with. */
export interface VerifierParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly limiter: Limiter;
  readonly usage: UsageCollector;
  readonly clock: () => Date;
  /** Of the providers whose keys can be verified, by name. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Reserved for a call that does not say what it may cost. */
  readonly tokensPerCall: number;
}
