import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { handler } from "../../functions/http.ts";
import { startCloud, stubCloud, type TestCloud } from "../support/cloud.ts";
import { callFacade, type IssuedCredential, issueCredential } from "../support/facade.ts";
import {
  madeUpRoot,
  rootVariables,
  startKeyway,
  type TestKeyway,
  temporaryFolder,
} from "../support/keyway.ts";
import { startSsm, type TestSsm } from "../support/ssm.ts";
import { eventKinds, type Gateway, type Invoke, startGateway } from "./gateway.ts";

/** A process of a function that lives on while a secret of its configuration is replaced. */

const root = madeUpRoot();
const folder = temporaryFolder();
const parameter = "/keyway-test/secrets";
let cloud: TestCloud;
let ssm: TestSsm;
let real: TestKeyway;
let gateway: Gateway;
let ahead = 0;
let log = "";
beforeAll(async () => {
  [cloud, ssm, real] = await Promise.all([startCloud(), startSsm(), startKeyway()]);
  const KEYWAY_CONFIG = join(folder, "keyway.json");
  const credential = { tokenEnv: "REAL_TOKEN" };
  writeFileSync(
    KEYWAY_CONFIG,
    JSON.stringify({ providers: { aione: { service: "aione", endpoint: real.url, credential } } }),
  );
  stubCloud(cloud);
  const variables = {
    ...rootVariables(root),
    KEYWAY_CONFIG,
    KEYWAY_SECRETS: parameter,
    AWS_ENDPOINT_URL_SSM: ssm.url,
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  const { now } = Date;
  vi.spyOn(Date, "now").mockImplementation(() => now() + ahead);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    log += String(text);
    return true;
  });
  const [httpApi] = eventKinds;
  if (httpApi === undefined) throw new Error("no kind of event");
  gateway = await startGateway(httpApi.toEvent, handler as Invoke);
});
afterAll(async () => {
  await gateway.close();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await Promise.all([real.stop(), cloud.stop(), ssm.stop()]);
  rmSync(folder, { recursive: true });
});

const put = ({ token }: IssuedCredential): void => ssm.put(parameter, JSON.stringify({ REAL_TOKEN: token }));
/** What the list says of the real system; a call that comes to nothing is the platform's error. */
const list = async (): Promise<unknown> => {
  const { status, body } = await callFacade({ url: `http://${gateway.host}`, root }, "GET", "/v1/keys");
  return status === 200 ? (body as { warnings: readonly { code: string }[] }).warnings : status;
};
const well: readonly unknown[] = [];
const refused = [expect.objectContaining({ provider: "aione" })];

it("goes by the new value five minutes later, and asks no more often", async () => {
  const before = await issueCredential(real, "admin");
  put(before);
  expect(await list()).toEqual(well);
  const after = await issueCredential(real, "admin");
  put(after);
  await callFacade(real, "DELETE", `/v1/credentials/${before.id}`);
  expect(await list()).toEqual(refused);
  expect(ssm.asked).toHaveLength(1);
  ahead += 300_000;
  expect(await list()).toEqual(well);
  expect(await list()).toEqual(well);
  expect(ssm.asked).toHaveLength(2);
});

it("goes on with what it has while the store of secrets is away, and says so", async () => {
  ahead += 300_000;
  ssm.fail(500, 500, 500, 500);
  expect(await list()).toEqual(well);
  expect(log).toContain("secrets could not be read again");
});

it("ends where the parameter is gone, and comes back with it", async () => {
  const { token } = await issueCredential(real, "admin");
  ahead += 300_000;
  ssm.remove(parameter);
  expect([await list(), await list()]).toEqual([500, 500]);
  ssm.put(parameter, JSON.stringify({ REAL_TOKEN: token }));
  expect(await list()).toEqual(well);
  expect(log).not.toContain(token);
});
