import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startCloud, type TestCloud } from "../support/cloud.ts";
import { type DynamoFaults, startDynamoFaults } from "../support/dynamodb-faults.ts";
import { callFacade, issueCredential } from "../support/facade.ts";
import { startKeyway, type TestKeyway, temporaryFolder } from "../support/keyway.ts";

/** What a verification asks of a table, once a process has begun. */

const folder = temporaryFolder();
let cloud: TestCloud;
let door: DynamoFaults;
let keyway: TestKeyway;
beforeAll(async () => {
  cloud = await startCloud();
  door = await startDynamoFaults(cloud.engine.endpoint);
  for (const [name, value] of Object.entries(cloud.variables)) vi.stubEnv(name, value);
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", door.url);
  const file = join(folder, "keyway.json");
  writeFileSync(file, JSON.stringify({ verification: { limits: "fast" } }));
  keyway = await startKeyway({ env: { ...cloud.variables, KEYWAY_CONFIG: file }, folder });
});
afterAll(async () => {
  await keyway.stop();
  vi.unstubAllEnvs();
  await door.stop();
  await cloud.stop();
});

const made = async (limits: unknown): Promise<{ readonly id: string; readonly token: string }> => {
  const reply = await callFacade(keyway, "POST", "/v1/keys", {
    body: { provider: "aione", name: "warm", limits },
  });
  const { key, material } = reply.body as { key: { id: string }; material: { value: string } };
  return { id: key.id, token: material.value };
};

const verify = async (key: string, token = keyway.root.token) =>
  (await callFacade(keyway, "POST", "/v1/verify?scope=partial", { body: { key }, token })).body;

/** The operations that a call takes. */
const during = async (call: () => Promise<unknown>): Promise<readonly string[]> => {
  const before = door.operations.length;
  await call();
  return door.operations.slice(before);
};

it("is one reading, of the key and its account's rules together", async () => {
  const { token } = await made({});
  await verify(token);
  expect(await during(() => verify(token))).toEqual(["BatchGetItem"]);
});

it("writes nothing where the limit of a minute is taken a part at a time", async () => {
  const { token } = await made({ requestsPerMinute: 1600 });
  await verify(token);
  const writes: number[] = [];
  // What was counted is written each second, which a busy machine's calls may be in the middle of: not so of all rounds.
  for (let round = 0; round < 6 && !writes.some((count) => count <= 1); round++) {
    const operations = await during(async () => {
      for (let call = 0; call < 10; call++) await verify(token);
    });
    writes.push(operations.filter((operation) => operation !== "BatchGetItem").length);
  }
  // A minute may end in between: then its first call takes a part of the next one.
  expect(Math.min(...writes)).toBeLessThanOrEqual(1);
});

it("is refused at once with a key that is disabled, whoever disabled it", async () => {
  const { id, token } = await made({});
  expect(await verify(token)).toMatchObject({ code: "VALID" });
  await callFacade(keyway, "POST", `/v1/keys/aione/${id}/disable`);
  expect(await verify(token)).toMatchObject({ code: "DISABLED" });
});

it("of a caller whose credential is gone goes on for seconds, and manages nothing in that time", async () => {
  const { token } = await made({});
  const verifier = await issueCredential(keyway, "verifier");
  expect(await verify(token, verifier.token)).toMatchObject({ code: "VALID" });
  await callFacade(keyway, "DELETE", `/v1/credentials/${verifier.id}`);
  const { status } = await callFacade(keyway, "GET", "/v1/keys", { token: verifier.token });
  expect(status).toBe(401);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5000 });
  const { status: later } = await callFacade(keyway, "POST", "/v1/verify", {
    body: { key: token },
    token: verifier.token,
  });
  vi.useRealTimers();
  expect(later).toBe(401);
});
