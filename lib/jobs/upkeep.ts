import type { Store } from "../store/port/store.ts";
import type { JobHealth } from "./health.ts";

interface Parts {
  readonly store: Pick<Store, "pruneEnded" | "sumUpUsage">;
  readonly clock: () => Date;
  readonly jobHealth: Pick<JobHealth, "failed" | "worked">;
}

const pruneMs = 600_000;
/** What has ended stays so much longer: a process whose clock is behind would count a forgotten minute anew. */
const prunedAfterMs = 3_600_000;
/** How late the last use of a key is told at most. */
const sumUpMs = 60_000;

/** What a server does for its own store as time goes by; a table in the cloud needs neither. */
export const openUpkeep = ({ store, clock, jobHealth }: Parts): { close(): void } => {
  const each = (ms: number, job: string, work: () => Promise<void>): NodeJS.Timeout =>
    setInterval(() => {
      void work().then(
        () => jobHealth.worked(job),
        (error: unknown) => jobHealth.failed(job, error),
      );
    }, ms).unref();
  const timers = [
    // What has ended is only forgotten here: whoever reads it compares times, so that nothing waits for this.
    each(pruneMs, "pruning", () =>
      store.pruneEnded(new Date(clock().getTime() - prunedAfterMs).toISOString()),
    ),
    each(sumUpMs, "usage", () => store.sumUpUsage()),
  ];
  return {
    close: () => {
      for (const timer of timers) clearInterval(timer);
    },
  };
};
