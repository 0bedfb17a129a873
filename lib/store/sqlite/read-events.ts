import type { DatabaseSync } from "node:sqlite";
import type { StoredEvent } from "../port/records.ts";
import { prepare } from "./statement.ts";

type Row = [
  seq: number,
  id: string,
  type: string,
  time: string,
  subject: string,
  version: number,
  data: string,
];
type Place = [seq: number];

export interface EventReads {
  read(account: string, afterSeq: number, limit: number): readonly StoredEvent[];
  last(account: string): number;
  before(account: string, time: string): number;
}

export const prepareEventReads = (db: DatabaseSync): EventReads => {
  const after = prepare<Row>(
    db,
    `SELECT seq, id, type, time, subject, version, data FROM events WHERE account = ? AND seq > ?
     ORDER BY seq LIMIT ?`,
  );
  const newest = prepare<Place>(db, "SELECT seq FROM events WHERE account = ? ORDER BY seq DESC LIMIT 1");
  const firstFrom = prepare<Place>(
    db,
    "SELECT seq FROM events WHERE account = ? AND time >= ? ORDER BY seq LIMIT 1",
  );
  const last = (account: string): number => newest.get(account)?.[0] ?? 0;
  return {
    read: (account, afterSeq, limit) =>
      after.all(account, afterSeq, limit).map(([seq, id, type, time, subject, version, data]) => ({
        seq,
        id,
        type,
        time,
        subject,
        version,
        data: JSON.parse(data),
      })),
    last,
    before: (account, time) => {
      const first = firstFrom.get(account, time);
      return first === undefined ? last(account) : first[0] - 1;
    },
  };
};
