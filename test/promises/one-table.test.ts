import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startCloud, type TestCloud } from "../support/cloud.ts";
import { callFacade } from "../support/facade.ts";
import { type Credentials, madeUpRoot, rootVariables } from "../support/keyway.ts";
import { type KeywayProcess, spawnKeyway } from "../support/process.ts";

/** Two servers, each a process of its own, on one table and one key of KMS; and the tasks of whoever runs them. */

const root: Credentials = madeUpRoot();
let cloud: TestCloud;
let servers: readonly [KeywayProcess, KeywayProcess];
beforeAll(async () => {
  cloud = await startCloud();
  // By the task: no server and no function has to hold the root credential.
  expect(await task("root", [], rootVariables(root))).toContain("the one of KEYWAY_ROOT_*");
  servers = await Promise.all([spawnKeyway(root, cloud.variables), spawnKeyway(root, cloud.variables)]);
});
afterAll(async () => {
  for (const server of servers) await server.end("SIGTERM");
  await cloud.stop();
});

/** Hundreds of calls of two servers and an engine, on a machine that may be busy. */
const slow = { timeout: 120_000 };

const task = async (
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const { stdout } = await promisify(execFile)(process.execPath, [`scripts/${script}.ts`, ...args], {
    cwd: join(import.meta.dirname, "../.."),
    env: { PATH: process.env.PATH ?? "", ...cloud.variables, ...env },
  });
  return stdout;
};

const made = async (body: object): Promise<{ readonly id: string; readonly token: string }> => {
  const reply = await callFacade(servers[0], "POST", "/v1/keys", {
    body: { provider: "aione", name: "shared", ...body },
  });
  const { key, material } = reply.body as { key: { id: string }; material: { value: string } };
  return { id: key.id, token: material.value };
};

const codeAt = async (server: KeywayProcess, key: string): Promise<string> => {
  const { body } = await callFacade(server, "POST", "/v1/verify?scope=partial", { body: { key } });
  return (body as { code: string }).code;
};

it(
  "a key that one server disabled is dead at the other from the reply on, a hundred times",
  slow,
  async () => {
    const [one, other] = servers;
    const { id, token } = await made({});
    let valid = 0;
    const rounds = 100;
    for (let round = 0; round < rounds; round++) {
      const stop = { at: Number.POSITIVE_INFINITY };
      // Asked all the time, before, during and after.
      const asking = (async () => {
        while (performance.now() < stop.at) await codeAt(other, token);
      })();
      expect(await codeAt(other, token)).toBe("VALID");
      await callFacade(one, "POST", `/v1/keys/aione/${id}/disable`);
      const codes = await Promise.all(Array.from({ length: 8 }, () => codeAt(other, token)));
      valid += codes.filter((code) => code !== "DISABLED").length;
      stop.at = 0;
      await asking;
      await callFacade(one, "POST", `/v1/keys/aione/${id}/enable`);
    }
    expect(valid).toBe(0);
  },
);

it("a limit of a minute lets through what it says, at both together", slow, async () => {
  // A minute that has just begun leaves time for all of them.
  const late = Date.now() % 60_000;
  if (late > 45_000) await new Promise((resolve) => setTimeout(resolve, 60_050 - late));
  const { token } = await made({ limits: { requestsPerMinute: 50 } });
  const codes = await Promise.all(
    Array.from({ length: 500 }, (_, n) => codeAt(servers[n % 2 === 0 ? 0 : 1], token)),
  );
  expect(codes.filter((code) => code === "VALID")).toHaveLength(50);
  expect(codes.filter((code) => code === "RATE_LIMITED")).toHaveLength(450);
});

it("the chain that both have moved holds", async () => {
  expect(await task("audit-verify")).toMatch(
    /^\d{3,} entries of 1 accounts, 0 checkpoints: the chain holds$/m,
  );
});

it(
  "every key is wrapped by another key of KMS while both go on, which then do without the first",
  slow,
  async () => {
    const { id } = await made({});
    const { kms } = cloud;
    const next = kms.addKey();
    expect(await task("rotate-master", [], { KEYWAY_KMS_KEY: next })).toContain(
      `The master key is now ${next}`,
    );
    const again = await spawnKeyway(root, { ...cloud.variables, KEYWAY_KMS_KEY: next });
    kms.disable(kms.keyId);
    try {
      const revealed = await callFacade(again, "POST", `/v1/keys/aione/${id}/reveal`);
      expect(revealed.status).toBe(200);
      expect(await codeAt(again, (revealed.body as { material: { value: string } }).material.value)).toBe(
        "VALID",
      );
    } finally {
      await again.end("SIGTERM");
      kms.enable(kms.keyId);
    }
  },
);

it("a table that is away is told as that, and nothing else happens", async () => {
  const { token } = await made({});
  await cloud.engine.stop();
  const reply = await callFacade(servers[0], "POST", "/v1/verify?scope=partial", { body: { key: token } });
  expect(reply.status).toBe(503);
  expect(reply.body).toMatchObject({ code: "unavailable", retryable: true });
  expect(reply.headers.get("retry-after")).toBe("1");
});
