import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { facadeOf } from "../../support/facade-client.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { madeUpRoot, startKeyway, type TestKeyway, temporaryFolder } from "../../support/keyway.ts";
import { spawnKeyway } from "../../support/process.ts";

/** Keyway is killed while it takes stock of a real system. */

const listing = "DescribeApiKeysStatus";
const keys = 150;
const folder = temporaryFolder();
const root = madeUpRoot();
let real: TestKeyway;
let proxy: FaultProxy;
let env: Record<string, string>;
beforeAll(async () => {
  real = await startKeyway();
  proxy = await startFaultProxy(real.url);
  const file = join(folder, "keyway.json");
  const credential = { secretIdEnv: "REAL_SECRET_ID", secretKeyEnv: "REAL_SECRET_KEY" };
  const gate = { service: "apigateway", region: "ap-guangzhou", endpoint: proxy.url, credential };
  writeFileSync(file, JSON.stringify({ providers: { gate } }));
  env = {
    KEYWAY_DATA: folder,
    KEYWAY_CONFIG: file,
    REAL_SECRET_ID: real.root.secretId,
    REAL_SECRET_KEY: real.root.secretKey,
  };
  for (let made = 0; made < keys; made++) await facadeOf(real).create("apigateway", { name: `bulk-${made}` });
});
afterAll(async () => {
  await proxy.stop();
  await real.stop();
  rmSync(folder, { recursive: true, force: true });
});

const path = "/v1/providers/gate/sync";

it("the next one goes on at the page that was under way, and counts each key once", async () => {
  const first = await spawnKeyway(root, env);
  const one = proxy.hold(listing);
  const lost = facadeOf(first)
    .call("POST", path)
    .catch(() => undefined);
  await one.done;
  const two = proxy.hold(listing);
  one.release();
  await two.done;
  await first.end("SIGKILL");
  two.release();
  expect(await lost).toBeUndefined();

  const second = await spawnKeyway(root, env);
  const before = proxy.passed.length;
  const none = { count: 0, ids: [] };
  const report = (await facadeOf(second).call("POST", path)).body;
  expect(report).toMatchObject({ total: keys, appeared: { count: keys }, changed: none, vanished: none });
  expect(report).toMatchObject({ resumed: true });
  expect(proxy.passed.slice(before)).toEqual([listing]);
  expect((await facadeOf(second).call("POST", path)).body).toMatchObject({
    ...{ total: keys, appeared: none, changed: none, vanished: none, resumed: false },
  });
  await second.end("SIGTERM");
});
