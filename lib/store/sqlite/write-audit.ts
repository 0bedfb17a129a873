import type { DatabaseSync } from "node:sqlite";
import { chain, genesis } from "../../audit/chain.ts";
import type { AuditDraft, ChainHead } from "../../audit/entry.ts";
import { prepare } from "./statement.ts";

/** The head is read in the transaction that moves it, because other processes write to the same chain. */
export const prepareAppendAudit = (db: DatabaseSync): ((account: string, draft: AuditDraft) => ChainHead) => {
  const readHead = prepare<[seq: number, hash: string]>(
    db,
    "SELECT seq, hash FROM audit_heads WHERE account = ?",
  );
  const moveHead = prepare(
    db,
    `INSERT INTO audit_heads (account, seq, hash) VALUES (?, ?, ?)
     ON CONFLICT (account) DO UPDATE SET seq = excluded.seq, hash = excluded.hash`,
  );
  const insertEntry = prepare(
    db,
    "INSERT INTO audit_entries (account, seq, prev, hash, text) VALUES (?, ?, ?, ?, ?)",
  );

  return (account, draft) => {
    const row = readHead.get(account);
    const head = row === undefined ? genesis : { seq: row[0], hash: row[1] };
    const entry = chain(account, head, draft);
    insertEntry.run(account, entry.seq, entry.prev, entry.hash, entry.text);
    moveHead.run(account, entry.seq, entry.hash);
    return { seq: entry.seq, hash: entry.hash };
  };
};
