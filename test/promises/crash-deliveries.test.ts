import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { facadeOf } from "../support/facade-client.ts";
import { madeUpRoot, temporaryFolder } from "../support/keyway.ts";
import { type KeywayProcess, spawnKeyway, spawnServer } from "../support/process.ts";
import { sendingHere, type Told } from "../support/receiver.ts";
import { newWebhook } from "../support/webhooks.ts";

const keys = 15;
const changes = 6;
const pauseMs = 50;

interface Taken {
  readonly id: string;
  readonly key: string;
  readonly version: number;
}

/** Sender and receiver, each in a process of its own, and what the receiver has ever taken. */
const startPair = async () => {
  const folder = temporaryFolder();
  const file = join(folder, "taken.txt");
  writeFileSync(file, "");
  const root = madeUpRoot();
  const script = join(import.meta.dirname, "../support/receiver-process.ts");
  const startReceiver = async (port = "0") => {
    const started = spawnServer({}, [script, file, port]);
    return { ...started, url: await started.listening };
  };
  const startSender = (): Promise<KeywayProcess> =>
    spawnKeyway(root, { KEYWAY_DATA: folder, ...sendingHere });
  let receiver = await startReceiver();
  let sender = await startSender();
  // A server tells of findings, too, which have no version of the key.
  await newWebhook(sender, receiver.url, { body: { types: ["key.created", "key.updated"] } });
  onTestFinished(async () => {
    receiver.process.kill("SIGKILL");
    await Promise.all([receiver.exited, sender.end("SIGKILL")]);
    rmSync(folder, { recursive: true, force: true });
  });
  const taken = (): readonly Taken[] =>
    readFileSync(file, "utf8")
      .split("\n")
      .slice(0, -1)
      .map((line) => {
        const { id, body } = JSON.parse(line) as { id: string; body: string };
        const { data } = JSON.parse(body) as Told;
        return { id, key: String(data.id), version: Number(data.version) };
      });
  return {
    taken,
    until: async (isTrue: (all: readonly Taken[]) => boolean): Promise<void> => {
      while (!isTrue(taken())) await sleep(pauseMs);
    },
    make: async (): Promise<readonly string[]> => {
      const facade = facadeOf(sender);
      const made = await Promise.all(Array.from({ length: keys }, () => facade.create("tokenhub")));
      const ids = made.map(({ key }) => key.id);
      for (let change = 0; change < changes; change++) {
        const options = { headers: { "if-match": "*" } };
        const body = { description: `change ${change}` };
        await Promise.all(ids.map((id) => facade.call("PATCH", `/v1/keys/tokenhub/${id}`, body, options)));
      }
      return ids;
    },
    killSender: () => sender.end("SIGKILL"),
    reviveSender: async () => {
      sender = await startSender();
    },
    killReceiver: async () => {
      receiver.process.kill("SIGKILL");
      await receiver.exited;
    },
    reviveReceiver: async () => {
      receiver = await startReceiver(new URL(receiver.url).port);
    },
  };
};

/** Of each of these keys all has come, and of no other one a version is left out before its last. */
const isWhole = (made: readonly string[]) => (taken: readonly Taken[]) => {
  const versionsOf = new Map(
    [...Map.groupBy(taken, ({ key }) => key)].map(([key, own]) => [
      key,
      new Set(own.map(({ version }) => version)),
    ]),
  );
  return (
    made.every((key) => versionsOf.get(key)?.size === changes + 1) &&
    [...versionsOf.values()].every((versions) => Math.max(...versions) === versions.size)
  );
};

it("each event arrives at least once, with its id and its key's version, whoever is killed", async () => {
  const pair = await startPair();
  // The receiver while it takes them, and the sender when it has seen that.
  const making = pair.make();
  await pair.until((taken) => taken.length >= 20);
  await pair.killReceiver();
  const first = await making;
  await pair.killSender();
  await pair.reviveReceiver();
  await pair.reviveSender();
  // The sender while it sends, and in the middle of its callers' changes.
  const before = pair.taken().length;
  const cutOff = pair.make().catch(() => undefined);
  await pair.until((taken) => taken.length >= before + 20);
  await pair.killSender();
  await cutOff;
  await pair.reviveSender();
  const last = await pair.make();
  await pair.until(isWhole([...first, ...last]));
  // Each event under one id of its own, however often it came.
  const events = Map.groupBy(pair.taken(), ({ key, version }) => `${key} ${version}`);
  for (const same of events.values()) expect(new Set(same.map(({ id }) => id)).size).toBe(1);
  expect(new Set(pair.taken().map(({ id }) => id)).size).toBe(events.size);
});
