import type { ReadRecorder } from "../audit/reads.ts";
import { Refusal } from "../errors.ts";
import { fromSealedText, type Material, toSealedText } from "../keys/material.ts";
import type { RandomBytes } from "../keys/random.ts";
import type { KeyRecord } from "../keys/record.ts";
import type { Secret } from "../keys/secret.ts";
import type { Key } from "../schemas/key.ts";
import type { Place, Vault } from "../sealing/vault.ts";
import {
  type EventDraft,
  type KeyPage,
  type KeyQuery,
  type Store,
  type StoredKey,
  StoreRefusal,
  type Write,
} from "../store/port.ts";
import { auditDraft, type Caller } from "./caller.ts";
import type { KeyDraft, Profile } from "./profile.ts";

export interface EmbeddedParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly reads: ReadRecorder;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
}

/** A pure decision: the key as it shall be. What it is found by stays; the engine adds version and time. */
export type Decision = (key: Key) => Key;

export interface RevealedKey {
  readonly key: Key;
  readonly material: Material;
}

/** Keys that Keyway itself keeps, for one configured provider. Its profile says what its service wants. */
export interface EmbeddedProvider {
  readonly name: string;
  readonly profile: Profile;
  create(caller: Caller, region: string, draft: KeyDraft): Promise<RevealedKey>;
  /** Reads with the secret; the entry in the audit trail is written before it returns. */
  reveal(caller: Caller, region: string, id: string): Promise<RevealedKey>;
  /** As `reveal`, found by the secret itself. */
  revealBySecret(caller: Caller, region: string, secret: Secret): Promise<RevealedKey>;
  list(caller: Caller, region: string, query: Pick<KeyQuery, "filters" | "sort" | "page">): Promise<KeyPage>;
  change(caller: Caller, region: string, id: string, event: string, decide: Decision): Promise<Key>;
  remove(caller: Caller, region: string, id: string): Promise<void>;
}

/** One lost race means that another change won, so this many means hundreds of changes of one key at one moment. */
const racesMax = 200;

export const embeddedProvider = (
  parts: EmbeddedParts,
  name: string,
  profile: Profile,
  keysMax: number,
): EmbeddedProvider => {
  const { store, vault, reads, clock, random, uuid } = parts;
  const { service } = profile;
  /** An account's keys of this provider, over all regions. */
  const counter = `keys/${name}`;

  const placeOf = (record: KeyRecord): Place => ({
    account: record.account,
    service,
    id: record.key.id,
    generation: record.generation,
  });

  const event = (type: string, key: Key, time: string): EventDraft => ({
    id: uuid(),
    type,
    time,
    subject: `${name}/${key.id}`,
    version: key.version,
    data: { provider: name, id: key.id, name: key.name, status: key.status },
  });

  const isHere = ({ record }: StoredKey, caller: Caller, region: string): boolean =>
    record.account === caller.account.id && record.key.provider === name && record.region === region;

  /** A key of another account, provider or region is answered like one that is not there. */
  const present = (found: StoredKey | undefined): StoredKey => {
    if (found === undefined) throw new Refusal("not_found", "The specified key does not exist.");
    return found;
  };

  const find = async (caller: Caller, region: string, id: string): Promise<StoredKey> => {
    const found = await store.readKey(caller.account.id, service, id);
    return present(found !== undefined && isHere(found, caller, region) ? found : undefined);
  };

  const revealed = async (caller: Caller, found: StoredKey): Promise<RevealedKey> => {
    const [secret] = await Promise.all([
      vault.open(placeOf(found.record), found.secret.sealed),
      reads.record(caller, `${name}/${found.record.key.id}`, clock().toISOString()),
    ]);
    return { key: found.record.key, material: fromSealedText(secret) };
  };

  const commit = async (
    caller: Caller,
    writes: readonly Write[],
    type: string,
    key: Key,
    time: string,
  ): Promise<void> => {
    await store.commit({
      account: caller.account.id,
      writes,
      audit: auditDraft(caller, `${name}/${key.id}`, time),
      events: [event(type, key, time)],
    });
  };

  /** Reads, decides and writes under the condition that nothing moved; after a lost race, all of it again. */
  const decideAndWrite = async <T>(attempt: () => Promise<T>): Promise<T> => {
    for (let race = 0; race < racesMax; race++) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof StoreRefusal)) throw error;
        if (error.reason === "missing") throw new Refusal("not_found", "The specified key does not exist.");
        if (error.reason !== "conflict") throw error;
      }
    }
    throw new Refusal("conflict", "The key is being changed by many callers at once. Try again.");
  };

  return {
    name,
    profile,
    create: async (caller, region, draft) => {
      const now = clock();
      const time = now.toISOString();
      const { id, material } = profile.issue(random, now);
      const key: Key = {
        ...draft,
        provider: name,
        id,
        preview: profile.mask(material),
        sandbox: false,
        expiresAt: null,
        graceUntil: null,
        owner: { account: caller.account.id, team: null, createdBy: caller.actor.subUin },
        createdAt: time,
        updatedAt: time,
        lastUsedAt: null,
        tags: {},
        version: 1,
      };
      const account = caller.account.id;
      const record = { account, service, region, variant: profile.variantOf(key), generation: 1, key };
      const presented = profile.presented(material);
      const secret = {
        generation: record.generation,
        sealed: await vault.seal(placeOf(record), toSealedText(material)),
        digest: presented === null ? null : vault.digest(presented.expose()),
      };
      const writes: readonly Write[] = [
        { type: "count", account, counter, by: 1, max: keysMax },
        { type: "insertKey", record, secret },
      ];
      try {
        await commit(caller, writes, "key.created", key, time);
      } catch (error) {
        if (error instanceof StoreRefusal && error.reason === "limit") {
          throw new Refusal("key_limit_reached", `The account already holds ${keysMax} keys, its maximum.`);
        }
        throw error;
      }
      return { key, material };
    },

    reveal: async (caller, region, id) => revealed(caller, await find(caller, region, id)),

    revealBySecret: async (caller, region, secret) => {
      const candidates = await store.findKeysByDigest(vault.digest(secret.expose()));
      // Secrets that people choose repeat, so all holders of this one are looked at.
      return revealed(caller, present(candidates.find((found) => isHere(found, caller, region))));
    },

    list: (caller, region, query) =>
      store.listKeys({ ...query, account: caller.account.id, provider: name, region }),

    change: (caller, region, id, type, decide) =>
      decideAndWrite(async () => {
        const { record } = await find(caller, region, id);
        const { id: sameId, provider, version } = record.key;
        const time = clock().toISOString();
        const key = { ...decide(record.key), id: sameId, provider, version: version + 1, updatedAt: time };
        const write: Write = {
          type: "replaceKey",
          record: { ...record, variant: profile.variantOf(key), key },
          expectedVersion: version,
        };
        await commit(caller, [write], type, key, time);
        return key;
      }),

    remove: (caller, region, id) =>
      decideAndWrite(async () => {
        const { record } = await find(caller, region, id);
        const { account, key } = record;
        const writes: readonly Write[] = [
          { type: "deleteKey", account, service, id: key.id, expectedVersion: key.version },
          { type: "count", account, counter, by: -1, min: 0 },
        ];
        await commit(caller, writes, "key.deleted", key, clock().toISOString());
      }),
  };
};
