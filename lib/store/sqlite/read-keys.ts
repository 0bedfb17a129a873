import type { DatabaseSync } from "node:sqlite";
import type { KeyRecord } from "../../keys/record.ts";
import type { SealedSecret, StoredKey } from "../port.ts";
import { prepare } from "./statement.ts";

export interface KeyReads {
  read(account: string, service: string, id: string): StoredKey | undefined;
  findByDigest(digest: string): readonly StoredKey[];
  readSecret(account: string, service: string, id: string, generation: number): SealedSecret | undefined;
  regions(account: string, provider: string): readonly string[];
}

type Row = [doc: string, generation: number, sealed: string, digest: string | null, until: string | null];

type SecretRow = [generation: number, sealed: string, digest: string | null, until: string | null];

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
    regions: (account, provider) => regions.all(account, provider).map(([region]) => region),
    read: (account, service, id) => {
      const row = byId.get(account, id, service) ?? byAlias.get(account, id, service);
      return row && storedKeyOf(row);
    },
    findByDigest: (digest) => byDigest.all(digest).map(storedKeyOf),
  };
};
