import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { StoreRefusal } from "../store/port/unit.ts";
import type { JobHealth } from "./health.ts";
import { type Job, leaseMs } from "./job.ts";

interface Parts {
  readonly store: Pick<Store, "listDue" | "progress">;
  readonly clock: () => Date;
  readonly health: Pick<JobHealth, "failed" | "worked">;
}

const readAtOnce = 100;
const runAtOnce = 8;

/**
 * One round over all that is due. Only that is read: what is due later costs nothing, however much of it there is.
 * After `until` nothing more is begun; the next round goes on.
 */
export const sweep = async (
  { store, clock, health }: Parts,
  jobs: readonly Job[],
  until: Date,
): Promise<void> => {
  /** The document as this process holds it; undefined where another one was faster. */
  const hold = async (due: DocumentRecord): Promise<DocumentRecord | undefined> => {
    const record = {
      ...due,
      version: due.version + 1,
      due: new Date(clock().getTime() + leaseMs).toISOString(),
    };
    try {
      await store.progress([{ type: "replaceDocument", record, expectedVersion: due.version }]);
      return record;
    } catch (error) {
      if (error instanceof StoreRefusal) return undefined;
      throw error;
    }
  };

  /** What it throws, if it did: one document must not hold up the others. */
  const step = async (job: Job, due: DocumentRecord): Promise<unknown> => {
    try {
      const held = await hold(due);
      if (held !== undefined) await job.run(held);
      return undefined;
    } catch (error) {
      return isLost(error) ? undefined : error;
    }
  };

  const round = async (job: Job): Promise<void> => {
    let fault: unknown;
    const work = async (waiting: DocumentRecord[]): Promise<void> => {
      for (let due = waiting.shift(); due !== undefined && clock() < until; due = waiting.shift()) {
        const failed = await step(job, due);
        fault ??= failed;
      }
    };
    try {
      let waiting: DocumentRecord[];
      do {
        waiting = [...(await store.listDue(job.kind, clock().toISOString(), readAtOnce))];
        const isWhole = waiting.length === readAtOnce;
        await Promise.all(Array.from({ length: runAtOnce }, () => work(waiting)));
        if (!isWhole) break;
      } while (clock() < until);
    } catch (error) {
      fault = error;
    }
    if (fault !== undefined) await health.failed(job.kind, fault);
    else await health.worked(job.kind);
  };

  await Promise.all(jobs.map(round));
};

/** Another process holds the document by now, and does the step that this one was at. */
const isLost = (error: unknown): boolean => error instanceof StoreRefusal && error.reason === "conflict";
