import type { DatabaseSync } from "node:sqlite";
import type { LastUse } from "../port/records.ts";
import { prepare } from "./statement.ts";

export interface LastUseWrites {
  note(uses: readonly LastUse[]): void;
}

export const prepareLastUseWrites = (db: DatabaseSync): LastUseWrites => {
  // Processes report late and in any order: the latest use stands.
  const note = prepare(
    db,
    `INSERT INTO last_uses (key, generation, at, ip)
     SELECT seq, ?4, ?5, ?6 FROM keys WHERE account = ?1 AND id = ?3 AND service = ?2
     ON CONFLICT (key, generation) DO UPDATE SET at = excluded.at, ip = excluded.ip WHERE excluded.at > at`,
  );
  return {
    note: (uses) => {
      for (const { account, service, id, generation, at, ip } of uses) {
        note.run(account, service, id, generation, at, ip);
      }
    },
  };
};
