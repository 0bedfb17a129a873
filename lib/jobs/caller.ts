import type { Caller } from "../providers/caller.ts";
import type { AccountRecord } from "../store/port/records.ts";

/** For what nobody called: the audit trail has a word in brackets where the principal would be. */
export const jobCaller = (account: AccountRecord, action: string, requestId: string): Caller => ({
  account,
  actor: { credential: "[job]", subUin: account.id, ip: "" },
  requestId,
  action,
  details: () => ({}),
});
