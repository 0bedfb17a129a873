import type { Store } from "../store/port/store.ts";
import type { RefusalCount } from "./entry.ts";

export interface RefusedCall {
  /** Empty when the caller could not be told. */
  readonly account: string;
  readonly principal: string;
  readonly action: string;
  readonly code: string;
  readonly ip: string;
  readonly requestId: string;
  readonly time: string;
}

/**
 * Refused calls, counted by principal, action, code and minute and written in the background: a flood of them costs a
 * few rows and never waits in the chain. A crash loses the counts of the last interval.
 */
export interface RefusalCounter {
  count(call: RefusedCall): void;
  flush(): Promise<void>;
  /** Flushes for the last time. */
  close(): Promise<void>;
}

const intervalMs = 1000;
/** Different rows in memory. Strangers share one principal, so only credentials of ours can make many. */
const rowsMax = 10_000;

export const openRefusalCounter = (store: Store, onError: (error: unknown) => void): RefusalCounter => {
  let rows = new Map<string, RefusalCount>();
  let flushing: Promise<void> = Promise.resolve();

  const flush = (): Promise<void> => {
    if (rows.size === 0) return flushing;
    const counts = [...rows.values()];
    rows = new Map();
    flushing = flushing.then(() => store.addRefusals(counts)).catch(onError);
    return flushing;
  };

  const timer = setInterval(flush, intervalMs);
  timer.unref();

  return {
    count: (call) => {
      const minute = `${call.time.slice(0, 16)}Z`;
      const name = `${call.account} ${call.principal} ${minute} ${call.action} ${call.code}`;
      const known = rows.get(name);
      if (known === undefined && rows.size >= rowsMax) return;
      rows.set(name, {
        account: call.account,
        principal: call.principal,
        minute,
        action: call.action,
        code: call.code,
        count: (known?.count ?? 0) + 1,
        lastIp: call.ip,
        lastRequestId: call.requestId,
      });
    },
    flush,
    close: () => {
      clearInterval(timer);
      return flush();
    },
  };
};
