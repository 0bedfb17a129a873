import type { DatabaseSync } from "node:sqlite";
import { genesis } from "../../audit/chain.ts";
import type { ChainName } from "../../audit/chain-name.ts";
import type { ChainedEntry, ChainHead } from "../../audit/entry.ts";
import { checkedCount } from "../page-limit.ts";
import { prepare } from "./statement.ts";

export interface AuditReads {
  read(chain: ChainName, afterSeq: number, limit: number): readonly ChainedEntry[];
  readBackwards(chain: ChainName, beforeSeq: number | null, limit: number): readonly ChainedEntry[];
  readHead(chain: ChainName): ChainHead;
  listHeads(): readonly (ChainHead & { readonly chain: ChainName })[];
}

type Row = [seq: number, prev: string, hash: string, text: string];

const entryOf = ([seq, prev, hash, text]: Row): ChainedEntry => ({ seq, prev, hash, text });

export const prepareAuditReads = (db: DatabaseSync): AuditReads => {
  const columns = "seq, prev, hash, text";
  const forwards = prepare<Row>(
    db,
    `SELECT ${columns} FROM audit_entries WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const backwards = prepare<Row>(
    db,
    `SELECT ${columns} FROM audit_entries WHERE account = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
  );
  const head = prepare<[seq: number, hash: string]>(
    db,
    "SELECT seq, hash FROM audit_heads WHERE account = ?",
  );
  // The column is from when each account had one chain, and no other. The chains of the entries are found by steps through their key: a scan would read the whole trail.
  const heads = prepare<[chain: ChainName, seq: number, hash: string]>(
    db,
    `WITH RECURSIVE stepped (account) AS (
       SELECT min(account) FROM audit_entries
       UNION ALL
       SELECT (SELECT min(account) FROM audit_entries WHERE account > stepped.account)
         FROM stepped WHERE stepped.account IS NOT NULL
     ),
     acted (account) AS (
       SELECT account FROM stepped WHERE account IS NOT NULL
       UNION SELECT account FROM audit_heads
       UNION SELECT account FROM key_lists
     )
     SELECT account, coalesce(seq, ${genesis.seq}), coalesce(hash, '${genesis.hash}')
       FROM acted LEFT JOIN audit_heads USING (account) ORDER BY account`,
  );
  return {
    read: (chain, afterSeq, limit) =>
      forwards.all(chain, afterSeq, checkedCount("limit", limit, 0)).map(entryOf),
    readBackwards: (chain, beforeSeq, limit) =>
      backwards
        .all(chain, beforeSeq ?? Number.MAX_SAFE_INTEGER, checkedCount("limit", limit, 0))
        .map(entryOf),
    readHead: (chain) => {
      const row = head.get(chain);
      return row === undefined ? genesis : { seq: row[0], hash: row[1] };
    },
    listHeads: () => heads.all().map(([chain, seq, hash]) => ({ chain, seq, hash })),
  };
};
