import { parentPort } from "node:worker_threads";

// Stands in for the writer's thread: opens, and breaks at the first job.
parentPort?.on("message", () => {
  throw new Error("out of luck");
});
parentPort?.postMessage({ type: "open" });
