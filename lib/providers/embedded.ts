import type { AuditDraft } from "../audit/entry.ts";
import type { ReadRecorder } from "../audit/reads.ts";
import { Refusal } from "../errors.ts";
import type { Material } from "../keys/material.ts";
import type { RandomBytes } from "../keys/random.ts";
import type { KeyRecord } from "../keys/record.ts";
import { Secret } from "../keys/secret.ts";
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
import type { Caller } from "./caller.ts";
import type { KeyDraft, Profile } from "./profile.ts";

export interface EmbeddedParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly reads: ReadRecorder;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
}

/** A pure decision: the key as it shall be. The engine adds version and time. */
export type Decision = (record: KeyRecord) => KeyRecord;

export interface RevealedKey {
  readonly key: Key;
  readonly material: Material;
}

/** Keys that Keyway itself keeps, for one configured provider. Its profile says what its service wants. */
export interface EmbeddedProvider {
  readonly name: string;
  readonly profile: Profile;
  create(caller: Caller, region: string, draft: KeyDraft): Promise<RevealedKey>;
  read(caller: Caller, region: string, id: string): Promise<Key>;
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

  const placeOf = (record: KeyRecord): Place => ({
    account: record.account,
    service,
    id: record.key.id,
    generation: record.generation,
  });

  const entry = (caller: Caller, target: string | null, time: string): AuditDraft => ({
    time,
    requestId: caller.requestId,
    actor: caller.actor,
    action: caller.action,
    target,
    details: caller.details(),
  });

  const event = (type: string, key: Key, time: string): EventDraft => ({
    id: uuid(),
    type,
    time,
    subject: `${name}/${key.id}`,
    version: key.version,
    data: { provider: name, id: key.id, name: key.name, status: key.status },
  });

  /** A key of another provider or region is answered like one that is not there. */
  const here = (found: StoredKey | undefined, region: string): StoredKey => {
    if (found === undefined || found.record.key.provider !== name || found.record.region !== region) {
      throw new Refusal("not_found", "The specified key does not exist.");
    }
    return found;
  };

  const find = async (caller: Caller, region: string, id: string): Promise<StoredKey> =>
    here(await store.readKey(caller.account.id, service, id), region);

  const revealed = async (caller: Caller, found: StoredKey): Promise<RevealedKey> => {
    const [secret] = await Promise.all([
      vault.open(placeOf(found.record), found.secret.sealed),
      reads.record(caller, `${name}/${found.record.key.id}`, clock().toISOString()),
    ]);
    return { key: found.record.key, material: profile.decode(secret.expose()) };
  };

  const commit = async (caller: Caller, writes: readonly Write[], type: string, key: Key): Promise<void> => {
    const time = clock().toISOString();
    await store.commit({
      account: caller.account.id,
      writes,
      audit: entry(caller, `${name}/${key.id}`, time),
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
      const material = profile.newMaterial(random);
      const { variant, ...decided } = draft;
      const key: Key = {
        ...decided,
        provider: name,
        id: profile.newId(random, now),
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
      const record: KeyRecord = { account: caller.account.id, service, region, variant, generation: 1, key };
      const text = profile.encode(material);
      const secret = {
        generation: 1,
        sealed: await vault.seal(placeOf(record), new Secret(text)),
        digest: vault.digest(text),
      };
      const writes: readonly Write[] = [
        { type: "count", account: record.account, counter: `keys/${service}`, by: 1, max: keysMax },
        { type: "insertKey", record, secret },
      ];
      try {
        await commit(caller, writes, "key.created", key);
      } catch (error) {
        if (error instanceof StoreRefusal && error.reason === "limit") {
          throw new Refusal("key_limit_reached", `The account already holds ${keysMax} keys, its maximum.`);
        }
        throw error;
      }
      return { key, material };
    },

    read: async (caller, region, id) => (await find(caller, region, id)).record.key,

    reveal: async (caller, region, id) => revealed(caller, await find(caller, region, id)),

    revealBySecret: async (caller, region, secret) => {
      const candidates = await store.findKeysByDigest(vault.digest(secret.expose()));
      const own = candidates.find(
        ({ record }) => record.account === caller.account.id && record.service === service,
      );
      return revealed(caller, here(own, region));
    },

    list: (caller, region, query) =>
      store.listKeys({ ...query, account: caller.account.id, provider: name, region }),

    change: (caller, region, id, type, decide) =>
      decideAndWrite(async () => {
        const { record } = await find(caller, region, id);
        const decided = decide(record);
        const key: Key = {
          ...decided.key,
          version: record.key.version + 1,
          updatedAt: clock().toISOString(),
        };
        const write: Write = {
          type: "replaceKey",
          record: { ...decided, key },
          expectedVersion: record.key.version,
        };
        await commit(caller, [write], type, key);
        return key;
      }),

    remove: (caller, region, id) =>
      decideAndWrite(async () => {
        const { record } = await find(caller, region, id);
        const { account, key } = record;
        const writes: readonly Write[] = [
          { type: "deleteKey", account, service, id: key.id, expectedVersion: key.version },
          { type: "count", account, counter: `keys/${service}`, by: -1, min: 0 },
        ];
        await commit(caller, writes, "key.deleted", key);
      }),
  };
};
