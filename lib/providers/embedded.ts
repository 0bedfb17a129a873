import type { ReadRecorder } from "../audit/reads.ts";
import { Refusal } from "../errors.ts";
import { fromSealedText, type Material, previewOf, toSealedText } from "../keys/material.ts";
import type { RandomBytes } from "../keys/random.ts";
import type { KeyRecord } from "../keys/record.ts";
import type { Secret } from "../keys/secret.ts";
import { committed, insertReceipt, toldOf } from "../receipts/receipt.ts";
import { parseInput } from "../schemas/issues.ts";
import type { Key, KeyStatus, Preview } from "../schemas/key.ts";
import type { Receipt } from "../schemas/receipt.ts";
import type { Place, Vault } from "../sealing/vault.ts";
import {
  type EventDraft,
  type KeyPage,
  type KeyQuery,
  type SealedSecret,
  type Store,
  type StoredKey,
  StoreRefusal,
  type Write,
} from "../store/port.ts";
import { auditDraft, type Caller } from "./caller.ts";
import { decideAndWrite } from "./decide.ts";
import { type Documents, openDocuments } from "./documents.ts";
import { type Ending, endedByRotation, graceEnded, standing, whole } from "./endings.ts";
import { checkExpected, type Expected } from "./expected.ts";
import type { KeyDraft, Profile } from "./profile.ts";

export interface EmbeddedParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly reads: ReadRecorder;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
}

/** What the configuration says of one provider. */
interface EmbeddedSettings {
  readonly name: string;
  /** Where its keys are when a call names no region. */
  readonly region: string;
  readonly keysMax: number;
  /** In the shape of the profile's own settings. */
  readonly own: unknown;
}

/** A pure decision: the key as it shall be. What it is found by stays; the engine adds version and time. */
type Decision = (key: Key) => Key;

export interface RevealedKey {
  readonly key: Key;
  readonly material: Material;
}

/** A key that was ended, and when it was. */
export interface StoppedKey {
  readonly key: Key;
  readonly receipt: Receipt;
}

/** A key with another secret, and when the one before ends. */
export interface RenewedKey extends RevealedKey {
  readonly receipt: Receipt;
}

/** Native calls name a region and see its keys alone; the facade sees all of them. */
export const anyRegion = Symbol("any region");
export type Region = string | typeof anyRegion;

type ListQuery = Pick<KeyQuery, "filters" | "sort" | "page">;

/** A decision with what no decision is about: those have ways of their own, with rules of their own. */
const kept = (before: Key, wanted: Key): Key => {
  const { status, preview, graceUntil, graceLastUse, rotatedAt, lastUsedAt, createdAt, owner } = before;
  return {
    ...wanted,
    status,
    preview,
    graceUntil,
    graceLastUse,
    rotatedAt,
    lastUsedAt,
    createdAt,
    owner: { ...owner, team: wanted.owner.team },
  };
};

/** Keys that Keyway itself keeps, for one configured provider. Its profile says what its service wants. */
export interface EmbeddedProvider {
  readonly name: string;
  readonly profile: Profile;
  readonly settings: EmbeddedSettings;
  readonly documents: Documents;
  /** `chosen` is a secret that the caller brings along, where the service takes one. */
  create(caller: Caller, region: string, draft: KeyDraft, chosen?: Material): Promise<RevealedKey>;
  /** Without the secret. */
  read(caller: Caller, region: Region, id: string): Promise<Key>;
  /** With the secret as it may be shown, which takes no permission to reveal and leaves no entry. */
  readMasked(
    caller: Caller,
    region: string,
    id: string,
  ): Promise<{ readonly key: Key; readonly masked: Material }>;
  /** Reads with the secret; the entry in the audit trail is written before it returns. */
  reveal(caller: Caller, region: Region, id: string): Promise<RevealedKey>;
  /** As `reveal`, of one generation of the secret; null once that is gone. */
  recall(caller: Caller, id: string, generation: number): Promise<Material | null>;
  /** As `reveal`, found by the secret itself. */
  revealBySecret(caller: Caller, region: string, secret: Secret): Promise<RevealedKey>;
  list(caller: Caller, region: string, query: ListQuery): Promise<KeyPage>;
  /** In which the account has or had keys of this provider. */
  regions(caller: Caller): Promise<readonly string[]>;
  /** As `list`, each key with its secret, and each of them read on the record. */
  listRevealed(
    caller: Caller,
    region: string,
    query: ListQuery,
  ): Promise<{ readonly items: readonly RevealedKey[]; readonly total: number | null }>;
  /** All keys of this provider, of any account, that have this secret or had it: judging them is the caller's part. */
  holders(secret: Secret): Promise<readonly StoredKey[]>;
  /** How a stored key is looked for without the store seeing the secret: a filter's value. */
  digest(secret: Secret): string;
  change(
    caller: Caller,
    region: Region,
    id: string,
    event: EventDraft["type"],
    decide: Decision,
    expected?: Expected,
  ): Promise<Key>;
  setStatus(caller: Caller, region: Region, id: string, status: KeyStatus, expected?: Expected): Promise<Key>;
  disable(caller: Caller, region: Region, id: string, expected?: Expected): Promise<StoppedKey>;
  /**
   * Gives the key another secret. The one before works until `graceUntil`, and with null not any more; one that is
   * still in an earlier grace ends in any case.
   */
  renew(
    caller: Caller,
    region: Region,
    id: string,
    chosen: Material | undefined,
    graceUntil: string | null,
    expected?: Expected,
  ): Promise<RenewedKey>;
  /**
   * Takes all scope from a key, which goes on being there. No caller of the service can ask for that, so its bounds are
   * not looked at; the next change has to say what the key shall be good for.
   */
  withdrawScope(caller: Caller, region: Region, id: string, expected?: Expected): Promise<Key>;
  /** Ends the grace of a replaced secret sooner than it would, and with null at once; the present one stays. */
  endGrace(
    caller: Caller,
    region: Region,
    id: string,
    graceUntil: string | null,
    expected?: Expected,
  ): Promise<Key>;
  remove(caller: Caller, region: Region, id: string, expected?: Expected): Promise<Receipt>;
}

export const embeddedProvider = (
  parts: EmbeddedParts,
  profile: Profile,
  settings: EmbeddedSettings,
): EmbeddedProvider => {
  const { store, vault, reads, clock, random, uuid } = parts;
  const { service, rules } = profile;
  const { name, keysMax } = settings;
  /** An account's keys of this provider, over all regions. */
  const counter = `keys/${name}`;

  /** A secret is bound to its key and to its own generation, which for a replaced one is not the key's. */
  const placeOf = (record: KeyRecord, generation: number): Place => ({
    account: record.account,
    service,
    id: record.key.id,
    generation,
  });

  const event = (
    { reason }: Caller,
    type: EventDraft["type"],
    key: Key,
    time: string,
    receipt: Receipt | undefined,
  ): EventDraft => ({
    id: uuid(),
    type,
    time,
    subject: `${name}/${key.id}`,
    version: key.version,
    data: {
      provider: name,
      id: key.id,
      name: key.name,
      status: key.status,
      ...(receipt && toldOf(receipt)),
      ...(reason && { reason }),
    },
  });

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

  /** As `find`, for a change that shall happen only if the key is still what the caller saw. */
  const findExpected = async (caller: Caller, region: Region, id: string, expected: Expected = null) => {
    const found = await find(caller, region, id);
    checkExpected(found.record.key, expected);
    return found;
  };

  const sealed = async (record: KeyRecord, material: Material): Promise<SealedSecret> => {
    const presented = profile.presented(material);
    return {
      generation: record.generation,
      sealed: await vault.seal(placeOf(record, record.generation), toSealedText(material)),
      digest: presented === null ? null : vault.digest(presented.expose()),
      until: null,
    };
  };

  const unsealed = ({ record, secret }: StoredKey): Promise<Secret> =>
    vault.open(placeOf(record, secret.generation), secret.sealed);

  const revealed = async (caller: Caller, found: StoredKey): Promise<RevealedKey> => {
    const { key } = found.record;
    const [text] = await Promise.all([
      unsealed(found),
      reads.record(caller, `${name}/${key.id}`, clock().toISOString()),
    ]);
    return { key, material: fromSealedText(text) };
  };

  const preview = (material: Material): Preview =>
    previewOf((profile.preview ?? profile.mask)(material)) as Preview;

  /** What ends with the change has its receipt in the same commit; the first of them is what the reply is about. */
  const commit = async (
    caller: Caller,
    writes: readonly Write[],
    type: EventDraft["type"],
    key: Key,
    { generation = null, endings = [] }: Effects = {},
  ): Promise<Receipt | undefined> => {
    const now = clock();
    const time = now.toISOString();
    const account = caller.account.id;
    const secret = generation === null ? null : { provider: name, id: key.id, generation };
    const beside = caller.alongside?.(key);
    const receipts = endings.map(({ at, ...ended }) =>
      committed({ provider: name, key: key.id, ...ended }, random, now, at),
    );
    const [receipt] = receipts;
    const reply = { ...(type !== "key.deleted" && { key }), ...(receipt && { receipt }) };
    await store.commit({
      account,
      // First, because of two calls that are one the second must not be told that its own first has used up a limit.
      writes: [
        ...(caller.once?.outcome({ reply, secret }) ?? []),
        ...(beside?.writes ?? []),
        ...writes,
        ...receipts.map((one) => insertReceipt(account, { receipt: one, sealed: null })),
      ],
      audit: auditDraft(caller, `${name}/${key.id}`, time),
      events: [event(caller, type, key, time, receipt), ...(beside?.events ?? [])],
    });
    return receipt;
  };

  /** The record as the decision wants it, one version on. What it is found by cannot be decided away. */
  const next = (record: KeyRecord, wanted: Key): KeyRecord => {
    const { id, provider, version } = record.key;
    const native =
      wanted.native === record.key.native
        ? wanted.native
        : parseInput(profile.native, wanted.native, "native");
    const key = { ...wanted, native, id, provider, version: version + 1, updatedAt: clock().toISOString() };
    return { ...record, variant: profile.variantOf(key, record.materialKind), key };
  };

  const replace = async (
    caller: Caller,
    before: KeyRecord,
    record: KeyRecord,
    type: EventDraft["type"],
    { secrets, endings = [] }: { readonly secrets?: readonly SealedSecret[] } & Pick<Effects, "endings"> = {},
  ): Promise<Receipt | undefined> => {
    const expectedVersion = before.key.version;
    const write: Write = { type: "replaceKey", record, expectedVersion, ...(secrets && { secrets }) };
    const generation = secrets === undefined ? null : record.generation;
    return commit(caller, [write], type, record.key, { generation, endings });
  };

  const turn = (
    caller: Caller,
    region: Region,
    id: string,
    status: KeyStatus,
    expected: Expected | undefined,
    endings: readonly Ending[],
  ) =>
    decideAndWrite(async () => {
      const { record } = await findExpected(caller, region, id, expected);
      rules.setStatus?.(record.key, status);
      const changed = next(record, { ...record.key, status });
      const receipt = await replace(caller, record, changed, `key.${status}`, { endings });
      return { key: changed.key, receipt };
    });

  const disable: EmbeddedProvider["disable"] = async (caller, region, id, expected) => {
    const { key, receipt } = await turn(caller, region, id, "disabled", expected, [whole("disabled")]);
    return { key, receipt: standing(receipt) };
  };

  const list: EmbeddedProvider["list"] = (caller, region, query) =>
    store.listKeys({ ...query, account: caller.account.id, provider: name, region });

  return {
    name,
    profile,
    settings,
    documents: openDocuments(parts, profile, name),

    create: async (caller, region, draft, chosen) => {
      const now = clock();
      const time = now.toISOString();
      parseInput(profile.fields, { sandbox: false, expiresAt: null, tags: {}, ...draft });
      rules.create?.(draft);
      const { id, material } = profile.issue(random, now, chosen);
      const { team = null, ...fields } = draft;
      const key: Key = {
        sandbox: false,
        expiresAt: null,
        tags: {},
        ...fields,
        provider: name,
        id,
        native: parseInput(profile.native, fields.native, "native"),
        preview: preview(material),
        graceUntil: null,
        graceLastUse: null,
        rotatedAt: null,
        owner: { account: caller.account.id, team, createdBy: caller.actor.subUin },
        createdAt: time,
        updatedAt: time,
        lastUsedAt: null,
        version: 1,
      };
      const account = caller.account.id;
      const { kind } = material;
      const variant = profile.variantOf(key, kind);
      const record = { account, service, region, variant, materialKind: kind, generation: 1, key };
      const writes: readonly Write[] = [
        { type: "count", account, counter, by: 1, max: keysMax },
        { type: "insertKey", record, secret: await sealed(record, material) },
      ];
      try {
        await commit(caller, writes, "key.created", key, { generation: 1 });
      } catch (error) {
        if (!(error instanceof StoreRefusal)) throw error;
        if (error.write === "count") {
          throw new Refusal(
            "key_limit_reached",
            `The account already holds ${keysMax} keys of \`${name}\`, its maximum (\`keysMax\`).`,
          );
        }
        // An id of ours is random; one that the caller chose may be taken.
        if (error.write !== "insertKey" || chosen === undefined) throw error;
        throw new Refusal("already_exists", "A key with this id already exists. Choose another id.");
      }
      return { key, material };
    },

    read: async (caller, region, id) => (await find(caller, region, id)).record.key,

    readMasked: async (caller, region, id) => {
      const found = await find(caller, region, id);
      return { key: found.record.key, masked: profile.mask(fromSealedText(await unsealed(found))) };
    },

    reveal: async (caller, region, id) => revealed(caller, await find(caller, region, id)),

    recall: async (caller, id, generation) => {
      const { record } = await find(caller, anyRegion, id);
      const secret = await store.readSecret(caller.account.id, service, record.key.id, generation);
      return secret === undefined ? null : (await revealed(caller, { record, secret })).material;
    },

    revealBySecret: async (caller, region, secret) => {
      const candidates = await store.findKeysByDigest(vault.digest(secret.expose()));
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
      const found = await store.findKeysByDigest(vault.digest(secret.expose()));
      return found.filter(({ record }) => record.key.provider === name && record.service === service);
    },

    digest: (secret) => vault.digest(secret.expose()),

    change: (caller, region, id, type, decide, expected) =>
      decideAndWrite(async () => {
        const { record } = await findExpected(caller, region, id, expected);
        const wanted = kept(record.key, decide(record.key));
        parseInput(profile.fields, wanted);
        rules.change?.(record.key, wanted);
        const changed = next(record, wanted);
        await replace(caller, record, changed, type);
        return changed.key;
      }),

    setStatus: async (caller, region, id, status, expected) =>
      status === "disabled"
        ? (await disable(caller, region, id, expected)).key
        : (await turn(caller, region, id, status, expected, [])).key,

    disable,

    renew: (caller, region, id, chosen, graceUntil, expected) =>
      decideAndWrite(async () => {
        const { record, secret } = await findExpected(caller, region, id, expected);
        if (graceUntil !== null && !profile.overlap) {
          throw new Refusal(
            "unsupported",
            "A replaced secret of this service ends at once: it knows no grace.",
          );
        }
        const now = clock();
        rules.renew?.(record.key, now);
        const material = profile.renew(random, record.key, chosen);
        const wanted = {
          ...record.key,
          preview: preview(material),
          graceUntil,
          graceLastUse: null,
          rotatedAt: now.toISOString(),
        };
        const renewed = { ...record, materialKind: material.kind, generation: record.generation + 1 };
        const changed = next(renewed, wanted);
        const old = graceUntil === null ? [] : [{ ...secret, until: graceUntil }];
        const receipt = await replace(caller, record, changed, "key.rotated", {
          secrets: [await sealed(changed, material), ...old],
          endings: endedByRotation(record, graceUntil, clock()),
        });
        return { key: changed.key, material, receipt: standing(receipt) };
      }),

    withdrawScope: (caller, region, id, expected) =>
      decideAndWrite(async () => {
        const { record } = await findExpected(caller, region, id, expected);
        const native = profile.withoutScope?.(record.key.native) ?? record.key.native;
        const wanted = { ...record.key, scope: { models: [], endpoints: [] }, native };
        const changed = next(record, wanted);
        await replace(caller, record, changed, "key.updated");
        return changed.key;
      }),

    endGrace: (caller, region, id, graceUntil, expected) =>
      decideAndWrite(async () => {
        const { record, secret } = await findExpected(caller, region, id, expected);
        const old = await store.readSecret(record.account, service, record.key.id, record.generation - 1);
        if (old?.until == null || record.key.graceUntil === null) return record.key;
        // Times in one form, so their order is that of their texts.
        const until = graceUntil !== null && graceUntil > old.until ? old.until : graceUntil;
        const changed = next(record, { ...record.key, graceUntil: until, graceLastUse: null });
        const left = until === null ? [] : [{ ...old, until }];
        await replace(caller, record, changed, "key.grace_ended", {
          secrets: [secret, ...left],
          endings: until === old.until ? [] : [graceEnded(old.generation, until)],
        });
        return changed.key;
      }),

    remove: (caller, region, id, expected) =>
      decideAndWrite(async () => {
        const { record } = await findExpected(caller, region, id, expected);
        const { account, key } = record;
        rules.remove?.(key);
        const writes: readonly Write[] = [
          { type: "deleteKey", account, service, id: key.id, expectedVersion: key.version },
          { type: "count", account, counter, by: -1, min: 0 },
        ];
        return standing(await commit(caller, writes, "key.deleted", key, { endings: [whole("deleted")] }));
      }),
  };
};

interface Effects {
  /** Of the secret that the reply carries. */
  readonly generation?: number | null;
  readonly endings?: readonly Ending[];
}
