import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { batchJobsMax, prepareBatch } from "./apply-batch.ts";
import { openWriting } from "./connection.ts";
import { failureOf, type Job } from "./job.ts";
import type { FromThread, ToThread } from "./thread-messages.ts";

/** The thread that writes: a slow disk stalls it, and not the event loop that serves requests. */
const serve = (port: MessagePort, file: string): void => {
  const send = (message: FromThread): void => port.postMessage(message);
  const db = openWriting(file);
  const applyBatch = prepareBatch(db);

  const receive = (first: ToThread): void => {
    const texts: string[] = [];
    const jobsOf = (from: number): Job[] =>
      texts.slice(from, from + batchJobsMax).map((text) => JSON.parse(text));
    let message: ToThread | undefined = first;
    // What came while the batch before was written goes into this one.
    while (message?.type === "jobs") {
      // One by one: as arguments of one call, some 500,000 would be beyond the stack.
      for (const text of message.jobs) texts.push(text);
      message = texts.length < batchJobsMax ? receiveMessageOnPort(port)?.message : undefined;
    }
    for (let start = 0; start < texts.length; start += batchJobsMax) {
      send({ type: "outcomes", outcomes: applyBatch(jobsOf(start)) });
    }
    if (message?.type === "close") {
      db.close();
      port.close();
    }
  };

  port.on("message", receive);
  send({ type: "open" });
};

if (parentPort !== null) {
  try {
    serve(parentPort, workerData.file);
  } catch (error) {
    const failure = failureOf(error);
    const message = failure.type === "failed" ? failure.message : failure.type;
    parentPort.postMessage({ type: "refused", message } satisfies FromThread);
  }
}
