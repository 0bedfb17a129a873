import type { DatabaseSync } from "node:sqlite";
import { StoreRefusal, type Write } from "../port/unit.ts";
import { isTaken } from "./sqlite-error.ts";
import { prepare } from "./statement.ts";

type WriteOf<Type extends Write["type"]> = Extract<Write, { type: Type }>;

export interface CredentialWrites {
  insertAccount(write: WriteOf<"insertAccount">): void;
  insert(write: WriteOf<"insertCredential">): void;
  replace(write: WriteOf<"replaceCredential">): void;
  remove(write: WriteOf<"deleteCredential">): void;
}

export const prepareCredentialWrites = (db: DatabaseSync): CredentialWrites => {
  const insertAccount = prepare(
    db,
    "INSERT INTO accounts (id, doc) VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
  );
  const insert = prepare(
    db,
    `INSERT INTO credentials (account, id, sub_uin, secret_id, token_digest, doc) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const replace = prepare(
    db,
    `UPDATE credentials SET sub_uin = ?, secret_id = ?, token_digest = ?, doc = ? WHERE account = ? AND id = ?`,
  );
  const remove = prepare(db, "DELETE FROM credentials WHERE account = ? AND id = ?");

  return {
    insertAccount: ({ type, record }) => {
      const { changes } = insertAccount.run(record.id, JSON.stringify(record));
      if (changes === 0) throw new StoreRefusal("exists", type);
    },
    insert: ({ type, record }) => {
      const { account, id, subUin, secretId, tokenDigest } = record;
      const { changes } = insert.run(account, id, subUin, secretId, tokenDigest, JSON.stringify(record));
      if (changes === 0) throw new StoreRefusal("exists", type);
    },
    replace: ({ type, record }) => {
      const { account, id, subUin, secretId, tokenDigest } = record;
      try {
        const { changes } = replace.run(subUin, secretId, tokenDigest, JSON.stringify(record), account, id);
        if (changes === 0) throw new StoreRefusal("missing", type);
      } catch (error) {
        throw isTaken(error) ? new StoreRefusal("exists", type) : error;
      }
    },
    remove: ({ type, account, id }) => {
      if (remove.run(account, id).changes === 0) throw new StoreRefusal("missing", type);
    },
  };
};
