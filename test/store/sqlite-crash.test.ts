import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { serve } from "../../functions/door.ts";
import { databaseFile } from "../../lib/runtime/data-folder.ts";
import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import type { FromThread, ToThread } from "../../lib/store/sqlite/thread-messages.ts";
import { openThreadWriter } from "../../lib/store/sqlite/thread-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { followChain } from "../contract/store/chain.ts";
import { freshAccount, keyQuery } from "../contract/store/samples.ts";
import { startKeyway } from "../support/keyway.ts";
import { freshFile } from "./files.ts";

const script = fileURLToPath(new URL("./commit-forever.ts", import.meta.url));

/** Lets a process commit until it has acknowledged some, kills it, and answers all that it acknowledged. */
const killedWriter = (file: string, account: string, prefix: string): Promise<readonly string[]> => {
  const child = spawn(process.execPath, [script, file, account, prefix], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [output, errors] = ["", ""];
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.stdout.on("data", (chunk) => {
    output += chunk;
    if (output.split("\n").length > 40) child.kill("SIGKILL");
  });
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>();
  child.on("close", (_code, signal) => {
    if (signal === "SIGKILL") resolve(output.split("\n").slice(0, -1));
    else reject(new Error(errors));
  });
  return promise;
};

describe("a process that is killed while it commits", () => {
  it("loses no acknowledged commit, also with another one on the same file", async () => {
    const { file, remove } = freshFile();
    const account = freshAccount();
    const acknowledged: string[] = [];
    // The first two find no file, and make it at the same time.
    for (const prefixes of [["a", "b"], ["c"], ["d"]]) {
      const lists = await Promise.all(prefixes.map((prefix) => killedWriter(file, account, prefix)));
      acknowledged.push(...lists.flat());
      const store = await openSqliteStore({ file, writer: inlineWriter });
      for (const id of acknowledged) expect(await store.readKey(account, "tokenhub", id)).toBeDefined();
      const head = await followChain(store, account);
      expect(head).toEqual(await store.readAuditHead(account));
      expect((await store.listKeys(keyQuery(account))).total).toBe(head.seq);
      await store.close();
    }
    remove();
  });
});

describe("a writer's thread that breaks", () => {
  it("fails the writes under way and all later ones, and can be closed", async () => {
    const { file, remove } = freshFile();
    const writer = await openThreadWriter(file, new URL("./crashing-thread.ts", import.meta.url));
    const writes = Array.from({ length: 3 }, () => writer.write({ type: "setMasterId", id: "master-1" }));
    const settled = await Promise.allSettled(writes);
    const crashed = {
      status: "rejected",
      reason: new Error("the store's writer crashed: what it was writing may be lost"),
    };
    expect(settled).toMatchObject([crashed, crashed, crashed]);
    await expect(writer.write({ type: "setMasterId", id: "master-1" })).rejects.toThrow("crashed");
    await writer.close();
    remove();
  });

  it("makes the server's health 503", async () => {
    const keyway = await startKeyway();
    const thread = new URL("./crashing-thread.ts", import.meta.url);
    const store = await openSqliteStore({
      file: databaseFile(keyway.folder),
      writer: { kind: "thread", open: (file) => openThreadWriter(file, thread) },
    });
    const health = async (method: string) => {
      const request = { method, path: "/healthz", rawQueries: [""] as const, headers: {} };
      const rest = { body: Buffer.alloc(0), bodyTooLarge: false, ip: "127.0.0.1" };
      const { status, body } = await serve({ ...request, ...rest }, { ...keyway.house, store });
      return [status, body];
    };
    expect(await health("GET")).toEqual([200, '{"status":"ok"}']);
    await expect(store.setMasterId("master-1")).rejects.toThrow("crashed");
    const text = '{"status":"unavailable","reason":"the store cannot be written to"}';
    expect(await health("GET")).toEqual([503, text]);
    expect(await health("HEAD")).toEqual([503, ""]);
    await store.close();
    await keyway.stop();
  });
});

describe("a writer's thread", () => {
  it("takes more jobs at once than a call may have arguments", async () => {
    const { file, remove } = freshFile();
    const thread = new URL("../../lib/store/sqlite/writer-thread.ts", import.meta.url);
    // A small stack stands in for many more jobs.
    const worker = new Worker(thread, { workerData: { file }, resourceLimits: { stackSizeMb: 0.5 } });
    const jobs = Array.from({ length: 80_000 }, () => '{"type":"addRefusals","counts":[]}');
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    let outcomes = 0;
    worker.on("error", reject);
    worker.on("message", (message: FromThread) => {
      if (message.type === "open") worker.postMessage({ type: "jobs", jobs } satisfies ToThread);
      if (message.type === "outcomes") outcomes += message.outcomes.length;
      if (outcomes === jobs.length) resolve(outcomes);
    });
    expect(await promise).toBe(jobs.length);
    await worker.terminate();
    remove();
  });
});
