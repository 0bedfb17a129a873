import type { ChainName } from "../../audit/chain-name.ts";
import type { ChainedEntry } from "../../audit/entry.ts";
import { checkedCount } from "../page-limit.ts";
import type { Store } from "../port/store.ts";
import { actedPartition, auditEntryPlace, auditHeadPlace } from "./places.ts";
import { type Row, textOf } from "./row.ts";
import type { Table } from "./table.ts";
import { headOf } from "./write-unit.ts";

type AuditReads = Pick<Store, "readAudit" | "readAuditBackwards" | "readAuditHead" | "listAuditHeads">;

const entryOf = (row: Row): ChainedEntry => ({
  seq: Number(row.place.sk.slice(1)),
  prev: textOf(row, "prev"),
  hash: textOf(row, "hash"),
  text: textOf(row, "text"),
});

export const openAuditReads = (table: Table): AuditReads => {
  const page = async (
    chain: ChainName,
    bounds: { readonly from: number; readonly to: number; readonly order: "asc" | "desc" },
    limit: number,
  ): Promise<readonly ChainedEntry[]> => {
    const entries: ChainedEntry[] = [];
    if (checkedCount("limit", limit, 0) === 0 || bounds.from > bounds.to) return entries;
    const { pk, sk: from } = auditEntryPlace(chain, bounds.from);
    const { sk: to } = auditEntryPlace(chain, bounds.to);
    for await (const row of table.query({ pk, from, to, order: bounds.order, pageSize: limit })) {
      entries.push(entryOf(row));
      if (entries.length === limit) break;
    }
    return entries;
  };

  return {
    readAudit: (chain, afterSeq, limit) =>
      page(chain, { from: Math.max(afterSeq + 1, 0), to: Number.MAX_SAFE_INTEGER, order: "asc" }, limit),
    readAuditBackwards: (chain, beforeSeq, limit) =>
      page(chain, { from: 0, to: (beforeSeq ?? Number.MAX_SAFE_INTEGER) - 1, order: "desc" }, limit),
    readAuditHead: async (chain) => {
      const [row] = await table.get([auditHeadPlace(chain)]);
      return headOf(row);
    },
    listAuditHeads: async () => {
      const chains: ChainName[] = [];
      for await (const row of table.query({ pk: actedPartition })) chains.push(row.place.sk as ChainName);
      const rows = await table.get(chains.map(auditHeadPlace));
      return chains.map((chain, place) => ({ chain, ...headOf(rows[place]) }));
    },
  };
};
