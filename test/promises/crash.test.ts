import { rmSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { verifyAudit } from "../../lib/audit/verify.ts";
import { profiles } from "../../lib/providers/profiles.ts";
import { databaseFile } from "../../lib/runtime/data-folder.ts";
import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { apigatewayClient } from "../support/apigateway-client.ts";
import { callFacade } from "../support/facade.ts";
import { madeUpRoot, type TestKeyway, temporaryFolder } from "../support/keyway.ts";
import { spawnKeyway } from "../support/process.ts";
import { sdkClient } from "../support/sdk.ts";
import { type KeyDriver, processDrivers } from "../support/services.ts";

const kills = 20;
/** Walking the chains takes longer with each kill, and what breaks one stays broken: every few kills and at the end. */
const killsBetweenWalks = 5;
const platform = { Platform: "maas" };

/** What callers of one service were told. A key whose last call was cut off may be either way, whole. */
interface Told {
  readonly created: Set<string>;
  readonly deleted: Set<string>;
  readonly unsure: Set<string>;
}

/** Creates and deletes until the connection breaks. */
const stream = async (driver: KeyDriver, told: Told): Promise<void> => {
  for (;;) {
    const id = await driver.create("crash").catch(() => undefined);
    if (id === undefined) return;
    told.created.add(id);
    if (told.created.size % 2 === 0) continue;
    told.unsure.add(id);
    const deleted = await driver.remove(id).then(
      () => true,
      () => false,
    );
    if (!deleted) return;
    told.unsure.delete(id);
    told.deleted.add(id);
  }
};

const chainFaults = async (folder: string): Promise<readonly string[]> => {
  const store = await openSqliteStore({ file: databaseFile(folder), writer: inlineWriter });
  const { faults } = await verifyAudit(store, [], "");
  await store.close();
  return faults;
};

type Server = Pick<TestKeyway, "url" | "host" | "root">;

/** That a key is whole: its secret opens, and finds the key again where it can be looked for. */
const whole: Readonly<Record<string, (server: Server, id: string) => Promise<void>>> = {
  tokenhub: async (server, ApiKeyId) => {
    const client = sdkClient(server);
    const { ApiKey = "" } = await client.DescribeApiKey({ ApiKeyId, ...platform });
    expect((await client.DescribeApiKey({ ApiKey, ...platform })).ApiKeyId).toBe(ApiKeyId);
  },
  apigateway: async (server, AccessKeyId) => {
    const client = apigatewayClient(server);
    const { Result } = await client.DescribeApiKey({ AccessKeyId });
    const Filters = [{ Name: "AccessKeySecret", Values: [Result?.AccessKeySecret ?? ""] }];
    const found = await client.DescribeApiKeysStatus({ Filters });
    expect(found.Result?.ApiKeySet?.map((key) => key.AccessKeyId)).toEqual([AccessKeyId]);
  },
  aione: async (server, id) => {
    const rotated = await callFacade(server, "PUT", `/api/v1/gateway/keys/${id}/rotate`);
    expect(rotated.status).toBe(200);
  },
};

it(`after kill -9 at ${kills} random moments every acknowledged change is there and the chain holds`, {
  timeout: 200_000,
}, async () => {
  const folder = temporaryFolder();
  const root = madeUpRoot();
  const providers = Object.fromEntries(
    profiles.map(({ service }) => [service, { service, keysMax: 1_000_000 }]),
  );
  writeFileSync(`${folder}.json`, JSON.stringify({ providers }));
  const env = { KEYWAY_DATA: folder, KEYWAY_CONFIG: `${folder}.json` };
  const histories = new Map<string, Told>(
    profiles.map(({ service }) => [service, { created: new Set(), deleted: new Set(), unsure: new Set() }]),
  );
  const opened = new Set<string>();
  try {
    for (let kill = 0; kill <= kills; kill++) {
      const keyway = await spawnKeyway(root, env);
      const drivers = processDrivers(keyway, folder);
      expect(drivers.map(({ service }) => service)).toEqual([...histories.keys()]);
      if (kill % killsBetweenWalks === 0 || kill === kills) expect(await chainFaults(folder)).toEqual([]);
      for (const driver of drivers) {
        const { created, deleted, unsure } = toldOf(histories, driver);
        const there = await driver.ids();
        for (const id of created) {
          if (!unsure.has(id)) expect(there.has(id), `${id} after kill ${kill}`).toBe(!deleted.has(id));
        }
        for (const id of [...there].filter((one) => !opened.has(one))) {
          opened.add(id);
          await whole[driver.service]?.(keyway, id);
        }
      }
      if (kill === kills) {
        expect(await keyway.end("SIGTERM")).toBe(0);
        break;
      }
      const streams = Promise.all(drivers.map((driver) => stream(driver, toldOf(histories, driver))));
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 150));
      await keyway.end("SIGKILL");
      await streams;
    }
    for (const [service, { created }] of histories) expect(created.size, service).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}.json`, { force: true });
  }
});

const toldOf = (histories: ReadonlyMap<string, Told>, { service }: KeyDriver): Told => {
  const told = histories.get(service);
  if (told === undefined) throw new Error(`${service} has no history`);
  return told;
};
