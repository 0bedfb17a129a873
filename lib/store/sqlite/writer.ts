import type { Job, JobResult } from "./job.ts";

/** Writes jobs in the order in which they were given. */
export interface Writer {
  write(job: Job): Promise<JobResult>;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

export const closedError = (): Error => new Error("the store is closed");
