import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { batchJobsMax, prepareBatch } from "./apply-batch.ts";
import { openWriting } from "./connection.ts";
import { failureOf } from "./job.ts";
import type { FromThread, ThreadData, ToThread } from "./thread-messages.ts";

const serve = (port: MessagePort, { file, sent }: ThreadData): void => {
  const send = (message: FromThread): void => port.postMessage(message);
  const receive = (): ToThread | undefined => receiveMessageOnPort(port)?.message;

  const db = openWriting(file);
  const applyBatch = prepareBatch(db);
  send({ type: "open" });

  for (;;) {
    const seen = Atomics.load(sent, 0);
    const texts: string[] = [];
    let message = receive();
    // What came while the batch before was written goes into this one.
    while (message?.type === "jobs") {
      texts.push(...message.jobs);
      message = texts.length < batchJobsMax ? receive() : undefined;
    }
    if (texts.length > 0) send({ type: "outcomes", outcomes: applyBatch(texts.map((text) => JSON.parse(text))) });
    if (message?.type === "close") break;
    if (texts.length === 0) spin(sent, seen);
  }
  db.close();
  port.close();
};

const spinMs = Number(workerData.spin ?? 0);
const spin = (sent: Int32Array, seen: number): void => {
  if (spinMs > 0) {
    const until = performance.now() + spinMs;
    while (Atomics.load(sent, 0) === seen && performance.now() < until);
  }
  Atomics.wait(sent, 0, seen);
};

if (parentPort !== null) {
  try {
    serve(parentPort, workerData);
  } catch (error) {
    const failure = failureOf(error);
    const message = failure.type === "failed" ? failure.message : failure.type;
    parentPort.postMessage({ type: "refused", message } satisfies FromThread);
  }
}
