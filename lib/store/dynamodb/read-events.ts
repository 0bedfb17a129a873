import type { AccountId } from "../../schemas/key.ts";
import type { EventDraft, StoredEvent } from "../port/records.ts";
import type { Store } from "../port/store.ts";
import { eventPlace, eventsPartition } from "./places.ts";
import { jsonOf, type Row, textOf } from "./row.ts";
import type { Table } from "./table.ts";
import { rowsOfUnitMax } from "./write-unit.ts";

type EventReads = Pick<Store, "readEvents" | "lastEventSeq" | "eventSeqBefore">;

/** A row holds the events of one commit, numbered from its own place on. */
const eventsOf = (row: Row): readonly StoredEvent[] => {
  const first = Number(row.place.sk);
  const drafts = jsonOf<readonly EventDraft[]>(row, "events");
  return drafts.map((draft, at) => ({ ...draft, seq: first + at }));
};

export const openEventReads = (table: Table): EventReads => {
  const firstRow = async (account: AccountId, from: number): Promise<Row | undefined> => {
    const { pk, sk } = eventPlace(account, from);
    for await (const row of table.query({ pk, from: sk, pageSize: 1 })) return row;
    return undefined;
  };

  const last = async (account: AccountId): Promise<number> => {
    const pk = eventsPartition(account);
    for await (const row of table.query({ pk, order: "desc", pageSize: 1 })) {
      return eventsOf(row).at(-1)?.seq ?? 0;
    }
    return 0;
  };

  return {
    readEvents: async (account, afterSeq, limit) => {
      const found: StoredEvent[] = [];
      if (limit <= 0) return found;
      // The row that the place lies in may have events after it.
      const { pk, sk: from } = eventPlace(account, afterSeq - (afterSeq % rowsOfUnitMax));
      for await (const row of table.query({ pk, from, pageSize: limit + 1 })) {
        found.push(...eventsOf(row).filter(({ seq }) => seq > afterSeq));
        if (found.length >= limit) break;
      }
      return found.slice(0, limit);
    },

    lastEventSeq: last,

    // Rows are in the order of time but for differences of clocks: halving finds the place in some forty small readings.
    eventSeqBefore: async (account, time) => {
      const newest = await last(account);
      let [before, from] = [0, newest + 1];
      while (from - before > 1) {
        const middle = Math.floor((before + from) / 2);
        const row = await firstRow(account, middle);
        if (row === undefined || textOf(row, "time") >= time) from = middle;
        else before = Math.max(middle, Number(row.place.sk));
      }
      const first = await firstRow(account, from);
      return first === undefined ? newest : Number(first.place.sk) - 1;
    },
  };
};
