import type { DatabaseSync } from "node:sqlite";
import type { KeyRecord } from "../../keys/record.ts";
import type { StoredKey } from "../port.ts";
import { prepare } from "./statement.ts";

export interface KeyReads {
  read(account: string, service: string, id: string): StoredKey | undefined;
  findByDigest(digest: string): readonly StoredKey[];
}

type Row = [doc: string, generation: number, sealed: string, digest: string | null, until: string | null];

const columns = "keys.doc, secrets.generation, secrets.sealed, secrets.digest, secrets.until";
const currentSecret = "secrets.key = keys.seq AND secrets.generation = keys.generation";

/** Documents are what this store wrote from a `KeyRecord`; checking them again would double the cost of a read. */
const storedKeyOf = ([doc, generation, sealed, digest, until]: Row): StoredKey => {
  const record: KeyRecord = JSON.parse(doc);
  return { record, secret: { generation, sealed, digest, until } };
};

export const prepareKeyReads = (db: DatabaseSync): KeyReads => {
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
    `SELECT ${columns} FROM secrets JOIN keys ON keys.seq = secrets.key WHERE secrets.digest = ? ORDER BY keys.seq`,
  );
  return {
    read: (account, service, id) => {
      const row = byId.get(account, id, service) ?? byAlias.get(account, id, service);
      return row && storedKeyOf(row);
    },
    findByDigest: (digest) => byDigest.all(digest).map(storedKeyOf),
  };
};
