import type { DatabaseSync } from "node:sqlite";
import { type EventDraft, eventsKeptMs } from "../port/records.ts";
import { prepare } from "./statement.ts";

export interface EventWrites {
  append(account: string, event: EventDraft): void;
  /** Answers how many it removed, `most` of them at once. */
  prune(now: string, most: number): number;
}

export const prepareEventWrites = (db: DatabaseSync): EventWrites => {
  const insert = prepare(
    db,
    "INSERT INTO events (account, id, type, time, subject, version, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
  );
  // The log is in the order of time but for differences of clocks: its oldest are looked at, and no index is needed.
  const prune = prepare(
    db,
    `DELETE FROM events WHERE seq IN
       (SELECT seq FROM (SELECT seq, time FROM events ORDER BY seq LIMIT ?) WHERE time < ?)`,
  );
  return {
    append: (account, { id, type, time, subject, version, data }) => {
      insert.run(account, id, type, time, subject, version, JSON.stringify(data) ?? "null");
    },
    prune: (now, most) => {
      const oldest = new Date(Date.parse(now) - eventsKeptMs).toISOString();
      return Number(prune.run(most, oldest).changes);
    },
  };
};
