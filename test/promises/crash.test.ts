import { rmSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { verifyAudit } from "../../lib/audit/verify.ts";
import { databaseFile } from "../../lib/runtime/compose.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { madeUpRoot, temporaryFolder } from "../support/keyway.ts";
import { spawnKeyway } from "../support/process.ts";
import { sdkClient, type TokenhubClient } from "../support/sdk.ts";

const kills = 20;
const platform = { Platform: "maas" };

/** What callers were told. A key whose last call was cut off may be either way, whole. */
interface Told {
  readonly created: Set<string>;
  readonly deleted: Set<string>;
  readonly unsure: Set<string>;
}

/** Creates and deletes until the connection breaks. */
const stream = async (client: TokenhubClient, told: Told): Promise<void> => {
  for (;;) {
    const id = await client
      .CreateApiKey({ ApiKeyName: "crash", ...platform, BindType: "all" })
      .then(({ ApiKeyId }) => ApiKeyId)
      .catch(() => undefined);
    if (id === undefined) return;
    told.created.add(id);
    if (told.created.size % 2 === 0) continue;
    told.unsure.add(id);
    const deleted = await client.DeleteApiKey({ ApiKeyId: id, ...platform }).then(
      () => true,
      () => false,
    );
    if (!deleted) return;
    told.unsure.delete(id);
    told.deleted.add(id);
  }
};

const chainFaults = async (folder: string): Promise<readonly string[]> => {
  const store = await openSqliteStore({ file: databaseFile(folder), writer: "inline" });
  const { faults } = await verifyAudit(store, [], "");
  await store.close();
  return faults;
};

const listAll = async (client: TokenhubClient): Promise<Set<string>> => {
  const ids = new Set<string>();
  for (let Offset = 0; ; Offset += 100) {
    const { ApiKeySet = [], TotalCount = 0 } = await client.DescribeApiKeyList({ Limit: 100, Offset });
    for (const { ApiKeyId = "" } of ApiKeySet) ids.add(ApiKeyId);
    if (ApiKeySet.length < 100) {
      expect(ids.size).toBe(TotalCount);
      return ids;
    }
  }
};

it(`after kill -9 at ${kills} random moments every acknowledged change is there and the chain holds`, {
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const root = madeUpRoot();
  writeFileSync(
    `${folder}.json`,
    JSON.stringify({ providers: { tokenhub: { service: "tokenhub", keysMax: 1_000_000 } } }),
  );
  const env = { KEYWAY_DATA: folder, KEYWAY_CONFIG: `${folder}.json` };
  const told: Told = { created: new Set(), deleted: new Set(), unsure: new Set() };
  const opened = new Set<string>();
  try {
    for (let kill = 0; kill <= kills; kill++) {
      const keyway = await spawnKeyway(root, env);
      const client = sdkClient(keyway);
      const there = await listAll(client);
      expect(await chainFaults(folder)).toEqual([]);
      for (const id of told.created) {
        if (!told.unsure.has(id))
          expect(there.has(id), `${id} after kill ${kill}`).toBe(!told.deleted.has(id));
      }
      for (const id of [...there].filter((one) => !opened.has(one))) {
        opened.add(id);
        // Whole: its secret opens and is found again by its digest.
        const { ApiKey = "" } = await client.DescribeApiKey({ ApiKeyId: id, ...platform });
        expect((await client.DescribeApiKey({ ApiKey, ...platform })).ApiKeyId).toBe(id);
      }
      if (kill === kills) {
        expect(await keyway.end("SIGTERM")).toBe(0);
        break;
      }
      const streams = Promise.all(Array.from({ length: 4 }, () => stream(client, told)));
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 150));
      await keyway.end("SIGKILL");
      await streams;
    }
    expect(told.created.size).toBeGreaterThan(kills);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}.json`, { force: true });
  }
});
