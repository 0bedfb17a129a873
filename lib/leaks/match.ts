import { isChosen } from "../providers/chosen.ts";
import type { EmbeddedProvider } from "../providers/embedded.ts";
import type { Provider } from "../providers/port.ts";
import type { Vault } from "../sealing/vault.ts";
import type { StoredKey } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { Leaked } from "./report.ts";

/** A provider whose keys can be found by their secrets. */
export interface LeakTarget {
  readonly engine: EmbeddedProvider;
  readonly port: Provider;
}

/** By the names of providers. */
export type LeakTargets = ReadonlyMap<string, LeakTarget>;

/** A key that has the reported secret, or had it. */
export interface Holder {
  readonly target: LeakTarget;
  readonly stored: StoredKey;
  readonly isChosen: boolean;
  readonly isHalf: boolean;
  readonly isShared: boolean;
}

/** Keys with one secret that somebody chose: beyond so many, the rest waits until these are mended. */
const holdersMax = 100;

/** By digest, over all providers and accounts: nothing else of a report says whose it is. */
export const findHolders = async (
  { store, vault, targets }: { readonly store: Store; readonly vault: Vault; readonly targets: LeakTargets },
  { id, secret }: Leaked,
  provider: string | null,
): Promise<readonly Holder[]> => {
  const found = await store.findKeysByDigest(vault.digest(secret.expose()));
  const meant = found.flatMap((stored) => {
    const { service, key } = stored.record;
    const target = targets.get(key.provider);
    if (target?.engine.profile.service !== service) return [];
    if (provider !== null && provider !== key.provider) return [];
    return id === null || id === key.id ? [{ target, stored }] : [];
  });
  const holders = meant.map(({ target, stored }) => ({
    target,
    stored,
    isChosen: isChosen(target.engine.profile, stored.record.key),
    isHalf: id === null && stored.record.materialKind === "pair",
    isShared: meant.length > 1,
  }));
  // The one that was made here first: else a hundred copies by whoever has found it would keep it alive.
  return holders.sort((one, other) => Number(one.isChosen) - Number(other.isChosen)).slice(0, holdersMax);
};
