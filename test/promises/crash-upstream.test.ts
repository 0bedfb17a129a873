import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { facadeOf } from "../support/facade-client.ts";
import { madeUpRoot, startKeyway, type TestKeyway, temporaryFolder } from "../support/keyway.ts";
import { type KeywayProcess, runTask, spawnKeyway } from "../support/process.ts";

/** Keyway is killed while it makes keys at a real system; whoever asked asks again under the same key. */

const kills = 5;
const callers = 6;

let real: TestKeyway;
const folder = temporaryFolder();
const credentials = madeUpRoot();
let env: Record<string, string>;
beforeAll(async () => {
  real = await startKeyway();
  const file = join(folder, "keyway.json");
  const credential = { secretIdEnv: "REAL_SECRET_ID", secretKeyEnv: "REAL_SECRET_KEY" };
  const providers = {
    apigateway: { service: "apigateway", region: "ap-guangzhou", endpoint: real.url, credential },
    aione: { service: "aione", endpoint: real.url, credential: { tokenEnv: "REAL_TOKEN" } },
  };
  writeFileSync(file, JSON.stringify({ providers }));
  env = {
    KEYWAY_DATA: folder,
    KEYWAY_CONFIG: file,
    REAL_SECRET_ID: real.root.secretId,
    REAL_SECRET_KEY: real.root.secretKey,
    REAL_TOKEN: real.root.token,
  };
});
afterAll(async () => {
  await real.stop();
  rmSync(folder, { recursive: true, force: true });
});

const names: string[] = [];
const answered = new Map<string, string>();

const create = async (keyway: Pick<KeywayProcess, "url" | "root">, name: string): Promise<number> => {
  const provider = name.startsWith("a") ? "apigateway" : "aione";
  const reply = await facadeOf(keyway).call(
    "POST",
    "/v1/keys",
    { provider, name },
    { headers: { "idempotency-key": name } },
  );
  if (reply.status === 201) {
    const { id } = (reply.body as { key: { id: string } }).key;
    // The same answer as before, if there was one.
    expect(answered.get(name) ?? id).toBe(id);
    answered.set(name, id);
  }
  return reply.status;
};

it("no key is made twice and none that was answered is lost, whenever Keyway is killed", {
  timeout: 150_000,
}, async () => {
  for (let round = 0; round < kills; round++) {
    const keyway = await spawnKeyway(credentials, env);
    let running = true;
    const streams = Array.from({ length: callers }, async (_, caller) => {
      for (let made = 0; running; made++) {
        const name = `${caller % 2 === 0 ? "a" : "n"}-${round}-${caller}-${made}`;
        names.push(name);
        await create(keyway, name).catch(() => undefined);
      }
    });
    await sleep(30 + Math.random() * 150);
    running = false;
    await keyway.end("SIGKILL");
    await Promise.all(streams);
  }

  const unanswered = names.filter((name) => !answered.has(name));
  const soon = await spawnKeyway(credentials, env);
  // Made, or told that somebody may be at it: never a second time.
  for (const name of unanswered) expect([201, 409]).toContain(await create(soon, name));
  for (const name of names.slice(0, 20)) if (answered.has(name)) expect(await create(soon, name)).toBe(201);
  await soon.end("SIGTERM");

  // The clock goes on: calls beyond the real system's rate wait for the next second.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000, shouldAdvanceTime: true });
  const later = await startKeyway({ env, folder, root: credentials, keep: true });
  const statuses = await Promise.all(unanswered.map((name) => create(later, name)));
  expect(statuses).toEqual(unanswered.map(() => 201));
  await later.stop();
  vi.useRealTimers();

  const there = new Map<string, string[]>();
  for (let path: string | undefined = "/v1/keys?limit=100"; path !== undefined; ) {
    const reply = await facadeOf(real).call("GET", path);
    const { items, nextCursor } = reply.body as {
      items: { id: string; name: string }[];
      nextCursor: string | null;
    };
    for (const { id, name } of items) there.set(name, [...(there.get(name) ?? []), id]);
    path = nextCursor === null ? undefined : `/v1/keys?limit=100&cursor=${encodeURIComponent(nextCursor)}`;
  }
  for (const [name, ids] of there) expect([name, ids]).toEqual([name, [answered.get(name)]]);
  for (const [name, id] of answered) expect(there.get(name)).toEqual([id]);
  expect(answered.size).toBeGreaterThan(kills);

  const { code, output } = runTask("audit-verify", [], { KEYWAY_DATA: folder });
  expect([code, output]).toEqual([0, expect.any(String)]);
});
