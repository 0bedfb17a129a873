import { type ApplyBatch, batchJobsMax, prepareBatch } from "./apply-batch.ts";
import { openWriting } from "./connection.ts";
import { errorOf, type Job, type JobResult } from "./job.ts";
import { closedError, type Writer, type WriterKind } from "./writer.ts";

interface Waiting {
  readonly job: Job;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
}

/** Writes on the calling thread, all jobs of one turn of the event loop together. */
const open = (file: string): Writer => {
  const db = openWriting(file);
  const applyBatch = prepareBatch(db);
  let waiting: Waiting[] = [];
  let closed = false;

  const flush = (): void => {
    const jobs = waiting;
    waiting = [];
    for (let start = 0; start < jobs.length; start += batchJobsMax) {
      settle(applyBatch, jobs.slice(start, start + batchJobsMax));
    }
  };

  return {
    write: (job) => {
      if (closed) return Promise.reject(closedError());
      const { promise, resolve, reject } = Promise.withResolvers<JobResult>();
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ job, resolve, reject });
      return promise;
    },
    isOpen: () => !closed,
    close: async () => {
      if (closed) return;
      closed = true;
      flush();
      db.close();
    },
  };
};

const settle = (applyBatch: ApplyBatch, batch: readonly Waiting[]): void => {
  for (const [place, outcome] of applyBatch(batch.map(({ job }) => job)).entries()) {
    if (outcome.type === "applied") batch[place]?.resolve(outcome.result);
    else batch[place]?.reject(errorOf(outcome));
  }
};

export const inlineWriter: WriterKind = { kind: "inline", open };
