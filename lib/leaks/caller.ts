import type { Caller } from "../providers/caller.ts";
import type { AccountId } from "../schemas/key.ts";
import type { Store } from "../store/port/store.ts";
import { type LeakCall, type LeakReport, toldBy } from "./report.ts";

/** Who reports acts in the account of the key that leaked. */
export const leakCaller = async (
  store: Pick<Store, "readAccount">,
  report: LeakReport,
  call: LeakCall,
  account: AccountId,
): Promise<Caller> => {
  const record = await store.readAccount(account);
  if (record === undefined) throw new Error("a key of no account");
  const name = `[leak report: ${report.source}]`;
  return {
    account: record,
    actor: { credential: name, subUin: account, ip: call.ip },
    requestId: call.requestId,
    action: "keyway:ReportLeak",
    details: () => ({ source: report.source, signed: report.signed, ...toldBy(report) }),
  };
};
