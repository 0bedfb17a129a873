import type { ReadRecorder } from "../../audit/reads.ts";
import { Refusal } from "../../errors.ts";
import type { StoredKey } from "../../store/port/records.ts";
import type { Store } from "../../store/port/store.ts";
import type { Caller } from "../caller.ts";
import { anyRegion, type EmbeddedProvider, type Region, type RevealedKey } from "../embedded.ts";
import { checkExpected, type Expected } from "../expected.ts";
import type { Profile } from "../profile.ts";
import type { Materials } from "./material.ts";

interface Parts {
  readonly store: Store;
  readonly reads: ReadRecorder;
  readonly clock: () => Date;
  readonly materials: Materials;
}

type Readings = Pick<
  EmbeddedProvider,
  | "digest"
  | "holders"
  | "list"
  | "listRevealed"
  | "read"
  | "readMasked"
  | "recall"
  | "regions"
  | "reveal"
  | "revealBySecret"
>;

export interface Reading {
  readonly readings: Readings;
  /** For a change that shall happen only if the key is still what the caller saw. */
  findExpected(caller: Caller, region: Region, id: string, expected?: Expected): Promise<StoredKey>;
}

/** Finds keys of one provider; what shows a secret is on the record. */
export const openReading = (
  { store, reads, clock, materials }: Parts,
  { service, mask }: Profile,
  name: string,
): Reading => {
  const isHere = ({ record }: StoredKey, caller: Caller, region: Region): boolean =>
    record.account === caller.account.id &&
    record.key.provider === name &&
    (region === anyRegion || record.region === region);

  /** A key of another account, provider or region is answered like one that is not there. */
  const present = (found: StoredKey | undefined): StoredKey => {
    if (found === undefined) throw new Refusal("not_found", "The specified key does not exist.");
    return found;
  };

  const find = async (caller: Caller, region: Region, id: string): Promise<StoredKey> => {
    const found = await store.readKey(caller.account.id, service, id);
    return present(found !== undefined && isHere(found, caller, region) ? found : undefined);
  };

  const findExpected: Reading["findExpected"] = async (caller, region, id, expected = null) => {
    const found = await find(caller, region, id);
    checkExpected(found.record.key, expected);
    return found;
  };

  const revealed = async (caller: Caller, found: StoredKey): Promise<RevealedKey> => {
    const { key } = found.record;
    const [material] = await Promise.all([
      materials.opened(found),
      reads.record(caller, `${name}/${key.id}`, clock().toISOString()),
    ]);
    return { key, material };
  };

  const list: Readings["list"] = (caller, region, query) =>
    store.listKeys({ ...query, account: caller.account.id, provider: name, region });

  return {
    findExpected,
    readings: {
      read: async (caller, region, id) => (await find(caller, region, id)).record.key,

      readMasked: async (caller, region, id) => {
        const found = await find(caller, region, id);
        return { key: found.record.key, masked: mask(await materials.opened(found)) };
      },

      reveal: async (caller, region, id) => revealed(caller, await find(caller, region, id)),

      recall: async (caller, id, generation) => {
        const { record } = await find(caller, anyRegion, id);
        const secret = await store.readSecret(caller.account.id, service, record.key.id, generation);
        return secret === undefined ? null : (await revealed(caller, { record, secret })).material;
      },

      revealBySecret: async (caller, region, secret) => {
        const candidates = await store.findKeysByDigest(materials.digest(secret));
        // Secrets that people choose repeat, so all holders of this one are looked at.
        const found = candidates.find((one) => one.secret.until === null && isHere(one, caller, region));
        return revealed(caller, present(found));
      },

      list,
      regions: ({ account }) => store.listRegions(account.id, name),

      listRevealed: async (caller, region, query) => {
        const { items, total } = await list(caller, region, query);
        const found = await Promise.all(
          items.map(({ account, key }) => store.readKey(account, service, key.id)),
        );
        // One that was deleted since is not listed: its secret is gone.
        const here = found.filter((one) => one !== undefined);
        return { items: await Promise.all(here.map((one) => revealed(caller, one))), total };
      },

      holders: async (secret) => {
        const found = await store.findKeysByDigest(materials.digest(secret));
        return found.filter(({ record }) => record.key.provider === name && record.service === service);
      },

      digest: materials.digest,
    },
  };
};
