import { Worker } from "node:worker_threads";
import { errorOf, type JobResult, type Outcome } from "./job.ts";
import type { FromThread, ToThread } from "./thread-messages.ts";
import { closedError, type Writer, type WriterKind } from "./writer.ts";

interface Waiting {
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: Error) => void;
}

/** Run from source the thread is the file beside this one; a bundle has a bundle of the thread beside it. */
const threadFile = (): URL =>
  import.meta.url.endsWith(".ts")
    ? new URL("./writer-thread.ts", import.meta.url)
    : new URL("./writer-thread.mjs", import.meta.url);

export const openThreadWriter = async (file: string, thread = threadFile()): Promise<Writer> => {
  // The thread needs no environment, which may hold secrets.
  const worker = new Worker(thread, { name: "store-writer", workerData: { file }, env: {} });
  const opening = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  /** First in, first out, as the thread answers. */
  let waiting: Waiting[] = [];
  let unsent: string[] = [];
  let refusal: Error | undefined;

  const send = (message: ToThread): void => worker.postMessage(message);

  const fail = (error: Error): void => {
    refusal = error;
    const lost = waiting;
    waiting = [];
    unsent = [];
    for (const { reject } of lost) reject(error);
    opening.reject(error);
  };

  const settle = (outcomes: readonly Outcome[]): void => {
    const settled = waiting.splice(0, outcomes.length);
    // An idle thread does not keep a process alive whose owner forgot to close it.
    if (waiting.length === 0) worker.unref();
    for (const [place, outcome] of outcomes.entries()) {
      if (outcome.type === "applied") settled[place]?.resolve(outcome.result);
      else settled[place]?.reject(errorOf(outcome));
    }
  };

  const receive = (message: FromThread): void => {
    if (message.type === "outcomes") settle(message.outcomes);
    else if (message.type === "open") opening.resolve();
    else opening.reject(new Error(message.message));
  };

  const flush = (): void => {
    if (unsent.length === 0) return;
    const jobs = unsent;
    unsent = [];
    send({ type: "jobs", jobs });
  };

  worker.on("message", receive);
  worker.on("error", (cause) =>
    fail(new Error("the store's writer crashed: what it was writing may be lost", { cause })),
  );
  worker.on("exit", () => {
    fail(refusal ?? new Error("the store's writer stopped: what it was writing may be lost"));
    ended.resolve();
  });

  try {
    await opening.promise;
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  worker.unref();

  return {
    write: async (job) => {
      if (refusal !== undefined) throw refusal;
      // A job that is no JSON fails alone, here.
      const text = JSON.stringify(job);
      const { promise, resolve, reject } = Promise.withResolvers<JobResult>();
      if (waiting.length === 0) worker.ref();
      if (unsent.length === 0) queueMicrotask(flush);
      unsent.push(text);
      waiting.push({ resolve, reject });
      return promise;
    },
    isOpen: () => refusal === undefined,
    close: async () => {
      if (refusal === undefined) {
        refusal = closedError();
        worker.ref();
        flush();
        send({ type: "close" });
      }
      await ended.promise;
    },
  };
};

export const threadWriter: WriterKind = { kind: "thread", open: (file) => openThreadWriter(file) };
