import type { DatabaseSync } from "node:sqlite";
import { keptMs } from "../port/usage.ts";
import { prepare } from "./statement.ts";

export interface DeletedKeyWrites {
  /** Before the key's own row goes. */
  keep(seq: number, time: string): void;
  /** Answers how many it removed, `most` of them at once. */
  prune(now: string, most: number): number;
}

/** What a list of usage still calls a key that is gone. */
export const prepareDeletedKeyWrites = (db: DatabaseSync): DeletedKeyWrites => {
  const keep = prepare(
    db,
    `INSERT INTO deleted_keys (account, service, id, name, deleted_at)
     SELECT account, service, id, name, ?2 FROM keys WHERE seq = ?1
     ON CONFLICT DO UPDATE SET name = excluded.name, deleted_at = excluded.deleted_at`,
  );
  const prune = prepare(
    db,
    `DELETE FROM deleted_keys WHERE (account, service, id) IN
       (SELECT account, service, id FROM deleted_keys WHERE deleted_at < ? LIMIT ?)`,
  );
  return {
    keep: (seq, time) => {
      keep.run(seq, Date.parse(time));
    },
    prune: (now, most) => Number(prune.run(Date.parse(now) - keptMs.day, most).changes),
  };
};
