import type { DatabaseSync } from "node:sqlite";
import { checkedCount } from "../page-limit.ts";
import { ForeignCursor } from "../port/key-query.ts";
import type { AccountRecord, CredentialRecord } from "../port/records.ts";
import { keptUntilCommit } from "./kept-until-commit.ts";
import type { Snapshots } from "./snapshot.ts";
import { prepare } from "./statement.ts";

export interface CredentialReads {
  readAccount(id: string): AccountRecord | undefined;
  listAccounts(after: string | null, limit: number): readonly AccountRecord[];
  read(account: string, id: string): CredentialRecord | undefined;
  findBySecretId(secretId: string): CredentialRecord | undefined;
  findByToken(tokenDigest: string): CredentialRecord | undefined;
  list(account: string, after: string | null, limit: number): readonly CredentialRecord[];
}

type Row = [doc: string];

const accountOf = ([doc]: Row): AccountRecord => JSON.parse(doc);
const credentialOf = ([doc]: Row): CredentialRecord => JSON.parse(doc);

export const prepareCredentialReads = (db: DatabaseSync, snapshots: Snapshots): CredentialReads => {
  const account = prepare<Row>(db, "SELECT doc FROM accounts WHERE id = ?");
  // An id is never empty, so every account comes after the empty text.
  const accounts = prepare<Row>(db, "SELECT doc FROM accounts WHERE id > ? ORDER BY id LIMIT ?");
  const byId = prepare<Row>(db, "SELECT doc FROM credentials WHERE account = ? AND id = ?");
  const bySecretId = prepare<Row>(db, "SELECT doc FROM credentials WHERE secret_id = ?");
  const byToken = prepare<Row>(db, "SELECT doc FROM credentials WHERE token_digest = ?");
  const seqOf = prepare<[seq: number]>(db, "SELECT seq FROM credentials WHERE account = ? AND id = ?");
  const list = prepare<Row>(
    db,
    "SELECT doc FROM credentials WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?",
  );

  const placeOf = (account: string, after: string | null): number => {
    if (after === null) return 0;
    const row = seqOf.get(account, after);
    if (row === undefined) throw new ForeignCursor();
    return row[0];
  };
  const find = (row: Row | undefined): CredentialRecord | undefined => row && credentialOf(row);

  return {
    readAccount: (id) => {
      const row = account.get(id);
      return row && accountOf(row);
    },
    listAccounts: (after, limit) => accounts.all(after ?? "", checkedCount("limit", limit, 0)).map(accountOf),
    read: (account, id) => find(byId.get(account, id)),
    findBySecretId: keptUntilCommit(snapshots, (secretId) => find(bySecretId.get(secretId))),
    findByToken: keptUntilCommit(snapshots, (tokenDigest) => find(byToken.get(tokenDigest))),
    list: (account, after, limit) =>
      list.all(account, placeOf(account, after), checkedCount("limit", limit, 0)).map(credentialOf),
  };
};
