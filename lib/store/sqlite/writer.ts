import type { Job, JobResult } from "./job.ts";

/** Writes jobs in the order in which they were given. */
export interface Writer {
  write(job: Job): Promise<JobResult>;
  /** Whether it still takes jobs: not once it is closed, or has crashed. */
  isOpen(): boolean;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

/** Where a writer runs. Whoever opens a store names it, so that a bundle holds the one that it needs. */
export interface WriterKind {
  readonly kind: "thread" | "inline";
  open(file: string): Writer | Promise<Writer>;
}

export const closedError = (): Error => new Error("the store is closed");
