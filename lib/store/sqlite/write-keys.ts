import type { DatabaseSync } from "node:sqlite";
import { StoreRefusal, type Write } from "../port/unit.ts";
import { prepare } from "./statement.ts";
import { prepareDeletedKeyWrites } from "./write-deleted-keys.ts";
import { prepareListTotals } from "./write-list-totals.ts";

type WriteOf<Type extends Write["type"]> = Extract<Write, { type: Type }>;

export interface KeyWrites {
  insert(write: WriteOf<"insertKey">): void;
  replace(write: WriteOf<"replaceKey">): void;
  remove(write: WriteOf<"deleteKey">, time: string): void;
  insertAlias(write: WriteOf<"insertAlias">): void;
}

export const prepareKeyWrites = (db: DatabaseSync): KeyWrites => {
  const totals = prepareListTotals(db);
  const deleted = prepareDeletedKeyWrites(db);
  const insertKey = prepare(
    db,
    `INSERT INTO keys (account, service, id, list, name, status, variant, created_at, version, generation, doc)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
     WHERE NOT EXISTS (SELECT 1 FROM aliases WHERE account = ?1 AND service = ?2 AND alias = ?3)
     ON CONFLICT (account, id, service) DO NOTHING`,
  );
  const insertSecret = prepare(
    db,
    "INSERT INTO secrets (key, generation, sealed, digest, until) VALUES (?, ?, ?, ?, ?)",
  );
  const findKey = prepare<[seq: number, list: number, version: number, generation: number]>(
    db,
    "SELECT seq, list, version, generation FROM keys WHERE account = ? AND id = ? AND service = ?",
  );
  const replaceKey = prepare(
    db,
    `UPDATE keys SET list = ?, name = ?, status = ?, variant = ?, created_at = ?, version = ?, generation = ?, doc = ?
     WHERE seq = ?`,
  );
  const deleteKey = prepare(db, "DELETE FROM keys WHERE seq = ?");
  const deleteSecrets = prepare(db, "DELETE FROM secrets WHERE key = ?");
  const deleteLastUses = prepare(db, "DELETE FROM last_uses WHERE key = ?");
  // Windows that end are pruned. A lifetime ends with its key.
  const deleteLifetime = prepare(
    db,
    `DELETE FROM spends WHERE window = 'lifetime' AND (account, counter) =
       (SELECT account, json_extract(doc, '$.key.provider') || '/' || id || '/lifetime' FROM keys WHERE seq = ?)`,
  );
  const deleteAliases = prepare(db, "DELETE FROM aliases WHERE key = ?");
  const insertAlias = prepare(
    db,
    `INSERT INTO aliases (account, service, alias, key)
     SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM keys WHERE account = ?1 AND service = ?2 AND id = ?3)
     ON CONFLICT (account, service, alias) DO NOTHING`,
  );

  return {
    insert: ({ type, record, secret }) => {
      const { account, service, region, variant, generation, key } = record;
      if (secret.generation !== generation)
        throw new Error("the secret is of another generation than its key");
      const list = totals.add(account, key.provider, region);
      const { changes, lastInsertRowid } = insertKey.run(
        account,
        service,
        key.id,
        list,
        key.name,
        key.status,
        variant,
        Date.parse(key.createdAt),
        key.version,
        generation,
        JSON.stringify(record),
      );
      if (changes === 0) throw new StoreRefusal("exists", type);
      insertSecret.run(lastInsertRowid, generation, secret.sealed, secret.digest, secret.until);
    },

    replace: ({ type, record, expectedVersion, secrets }) => {
      const { account, service, region, variant, key } = record;
      const found = findKey.get(account, key.id, service);
      if (found === undefined) throw new StoreRefusal("missing", type);
      const [seq, list, version, generation] = found;
      if (version !== expectedVersion) throw new StoreRefusal("conflict", type);
      const current =
        secrets === undefined ? generation : secrets.find(({ until }) => until === null)?.generation;
      // The key would be without a secret.
      if (record.generation !== current)
        throw new Error("a key and its current secret are of one generation");
      if (secrets !== undefined) {
        deleteSecrets.run(seq);
        for (const one of secrets) insertSecret.run(seq, one.generation, one.sealed, one.digest, one.until);
      }
      replaceKey.run(
        totals.move(list, account, key.provider, region),
        key.name,
        key.status,
        variant,
        Date.parse(key.createdAt),
        key.version,
        record.generation,
        JSON.stringify(record),
        seq,
      );
    },

    remove: ({ type, account, service, id, expectedVersion }, time) => {
      const found = findKey.get(account, id, service);
      if (found === undefined) throw new StoreRefusal("missing", type);
      const [seq, list, version] = found;
      if (version !== expectedVersion) throw new StoreRefusal("conflict", type);
      deleted.keep(seq, time);
      deleteAliases.run(seq);
      deleteSecrets.run(seq);
      deleteLastUses.run(seq);
      deleteLifetime.run(seq);
      deleteKey.run(seq);
      totals.remove(list);
    },

    insertAlias: ({ type, account, service, alias, id }) => {
      const found = findKey.get(account, id, service);
      if (found === undefined) throw new StoreRefusal("missing", type);
      const { changes } = insertAlias.run(account, service, alias, found[0]);
      if (changes === 0) throw new StoreRefusal("exists", type);
    },
  };
};
