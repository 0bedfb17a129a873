import type { DatabaseSync } from "node:sqlite";
import type { RefusalCount } from "../../audit/entry.ts";
import { prepare } from "./statement.ts";

export const prepareAddRefusals = (db: DatabaseSync): ((counts: readonly RefusalCount[]) => void) => {
  const add = prepare(
    db,
    `INSERT INTO refusals (account, minute, principal, action, code, count, last_ip, last_request_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (account, minute, principal, action, code) DO UPDATE
     SET count = count + excluded.count, last_ip = excluded.last_ip, last_request_id = excluded.last_request_id`,
  );
  return (counts) => {
    for (const row of counts) {
      add.run(
        row.account,
        row.minute,
        row.principal,
        row.action,
        row.code,
        row.count,
        row.lastIp,
        row.lastRequestId,
      );
    }
  };
};
