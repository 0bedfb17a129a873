import type { DatabaseSync } from "node:sqlite";
import { chain, genesis } from "../../audit/chain.ts";
import type { ChainName } from "../../audit/chain-name.ts";
import type { AuditDraft, ChainHead } from "../../audit/entry.ts";
import { prepare } from "./statement.ts";

/** The head is read in the transaction that moves it, because other processes write to the same chain. */
export const prepareAppendAudit = (
  db: DatabaseSync,
): ((inChain: ChainName, draft: AuditDraft) => ChainHead) => {
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

  return (inChain, draft) => {
    const row = readHead.get(inChain);
    const head = row === undefined ? genesis : { seq: row[0], hash: row[1] };
    const entry = chain(inChain, head, draft);
    insertEntry.run(inChain, entry.seq, entry.prev, entry.hash, entry.text);
    moveHead.run(inChain, entry.seq, entry.hash);
    return { seq: entry.seq, hash: entry.hash };
  };
};
