import type { DatabaseSync } from "node:sqlite";
import type { KeyRecord } from "../../keys/record.ts";
import type { AccountId } from "../../schemas/key.ts";
import type { LastUse, SealedSecret, StoredKey } from "../port/records.ts";
import type { Snapshots } from "./snapshot.ts";
import { prepare } from "./statement.ts";

export interface KeyReads {
  read(account: string, service: string, id: string): StoredKey | undefined;
  findByDigest(digest: string): readonly StoredKey[];
  readLastUses(account: string, service: string, id: string): readonly LastUse[];
  readNames(account: string, service: string, ids: readonly string[]): ReadonlyMap<string, string>;
  readSecret(account: string, service: string, id: string, generation: number): SealedSecret | undefined;
  regions(account: string, provider: string): readonly string[];
}

type Row = [
  seq: number,
  doc: string,
  lastUsedAt: string | null,
  generation: number,
  sealed: string,
  digest: string | null,
  until: string | null,
];

type SecretRow = [generation: number, sealed: string, digest: string | null, until: string | null];

const columns = `keys.seq, keys.doc, (SELECT max(at) FROM last_uses WHERE last_uses.key = keys.seq),
  secrets.generation, secrets.sealed, secrets.digest, secrets.until`;
const currentSecret = "secrets.key = keys.seq AND secrets.generation = keys.generation";

/** Documents are what this store wrote from a `KeyRecord`; checking them again would double the cost of a read. */
export const parsedRecord = (_seq: number, doc: string): KeyRecord => JSON.parse(doc);

const parsedMax = 256;

/** A key that is read again and again is parsed once: equal texts are equal records, and nobody writes into one. */
const parsedOnce = (): typeof parsedRecord => {
  const parsed = new Map<number, { readonly doc: string; readonly record: KeyRecord }>();
  return (seq, doc) => {
    const found = parsed.get(seq);
    if (found !== undefined && found.doc === doc) return found.record;
    const record = parsedRecord(seq, doc);
    if (found === undefined && parsed.size >= parsedMax) parsed.clear();
    parsed.set(seq, { doc, record });
    return record;
  };
};

export type UsedRecord = (seq: number, doc: string, lastUsedAt: string | null) => KeyRecord;

/** Last uses stand beside the document; the one of a replaced secret is asked for where there is a grace. */
export const prepareUsedRecord = (db: DatabaseSync, parse: typeof parsedRecord): UsedRecord => {
  const graceUse = prepare<[at: string, ip: string]>(
    db,
    "SELECT at, ip FROM last_uses WHERE key = ? AND generation = ?",
  );
  return (seq, doc, lastUsedAt) => {
    const record = parse(seq, doc);
    const { key, generation } = record;
    if (key.graceUntil === null) {
      return lastUsedAt === null ? record : { ...record, key: { ...key, lastUsedAt } };
    }
    const [at, ip] = graceUse.get(seq, generation - 1) ?? [];
    const graceLastUse = at === undefined || ip === undefined ? null : { at, ip };
    return { ...record, key: { ...key, lastUsedAt: lastUsedAt ?? key.lastUsedAt, graceLastUse } };
  };
};

export const prepareKeyReads = (db: DatabaseSync, { hold }: Snapshots): KeyReads => {
  const usedRecord = prepareUsedRecord(db, parsedOnce());
  const storedKeyOf = ([seq, doc, lastUsedAt, generation, sealed, digest, until]: Row): StoredKey => ({
    record: usedRecord(seq, doc, lastUsedAt),
    secret: { generation, sealed, digest, until },
  });
  const byId = prepare<Row>(
    db,
    `SELECT ${columns} FROM keys JOIN secrets ON ${currentSecret}
     WHERE keys.account = ? AND keys.id = ? AND keys.service = ?`,
  );
  const byAlias = prepare<Row>(
    db,
    `SELECT ${columns} FROM aliases JOIN keys ON keys.seq = aliases.key JOIN secrets ON ${currentSecret}
     WHERE aliases.account = ? AND aliases.alias = ? AND aliases.service = ?`,
  );
  const byDigest = prepare<Row>(
    db,
    `SELECT ${columns} FROM presented CROSS JOIN secrets USING (key, generation) CROSS JOIN keys ON keys.seq = presented.key
     WHERE presented.digest = ? ORDER BY presented.key`,
  );
  const lastUses = prepare<
    [account: AccountId, service: string, id: string, generation: number, at: string, ip: string]
  >(
    db,
    `SELECT keys.account, keys.service, keys.id, last_uses.generation, at, ip
     FROM keys JOIN last_uses ON last_uses.key = keys.seq
     WHERE account = ? AND id = ? AND service = ? ORDER BY last_uses.generation DESC`,
  );
  const names = prepare<[id: string, name: string]>(
    db,
    `SELECT id, name FROM deleted_keys
       WHERE account = ?1 AND service = ?2 AND id IN (SELECT value FROM json_each(?3))
     UNION ALL
     SELECT id, name FROM keys
       WHERE account = ?1 AND service = ?2 AND id IN (SELECT value FROM json_each(?3))`,
  );
  const ofGeneration = prepare<SecretRow>(
    db,
    `SELECT secrets.generation, secrets.sealed, secrets.digest, secrets.until
     FROM keys JOIN secrets ON secrets.key = keys.seq
     WHERE keys.account = ? AND keys.id = ? AND keys.service = ? AND secrets.generation = ?`,
  );
  const regions = prepare<[region: string]>(
    db,
    "SELECT region FROM key_lists WHERE account = ? AND provider = ? ORDER BY region",
  );
  return {
    readSecret: (account, service, id, wanted) => {
      const row = ofGeneration.get(account, id, service, wanted);
      if (row === undefined) return undefined;
      const [generation, sealed, digest, until] = row;
      return { generation, sealed, digest, until };
    },
    // Of one that was deleted and made again, the name that it has now.
    readNames: (account, service, ids) => new Map(names.all(account, service, JSON.stringify(ids))),
    regions: (account, provider) => regions.all(account, provider).map(([region]) => region),
    read: (account, service, id) => {
      hold();
      const row = byId.get(account, id, service) ?? byAlias.get(account, id, service);
      return row && storedKeyOf(row);
    },
    readLastUses: (account, service, id) =>
      lastUses.all(account, id, service).map(([owner, of, key, generation, at, ip]) => ({
        account: owner,
        service: of,
        id: key,
        generation,
        at,
        ip,
      })),
    findByDigest: (digest) => byDigest.all(digest).map(storedKeyOf),
  };
};
