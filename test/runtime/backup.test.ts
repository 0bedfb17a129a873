import { execFile } from "node:child_process";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { masterFile, readKeyring } from "../../lib/sealing/master-file.ts";
import { madeUpRoot, startKeyway, type TestKeyway, temporaryFolder } from "../support/keyway.ts";
import { runTask } from "../support/process.ts";
import { codeOf, sdkClient } from "../support/sdk.ts";

const root = madeUpRoot();
const platform = { Platform: "maas" };
let folder: string;
let elsewhere: string;
let file: string;
let keyway: TestKeyway;

beforeEach(async () => {
  folder = temporaryFolder();
  elsewhere = temporaryFolder();
  file = join(elsewhere, "keyway.backup");
  keyway = await startKeyway({ folder, root, keep: true });
});
afterEach(async () => {
  await keyway.stop();
  for (const one of [folder, elsewhere]) rmSync(one, { recursive: true, force: true });
});

const create = async (on: TestKeyway, name: string): Promise<{ ApiKeyId: string; ApiKey: string }> => {
  const client = sdkClient(on);
  const { ApiKeyId = "" } = await client.CreateApiKey({ ApiKeyName: name, ...platform, BindType: "all" });
  const { ApiKey = "" } = await client.DescribeApiKey({ ApiKeyId, ...platform });
  return { ApiKeyId, ApiKey };
};
const secretOf = async (on: TestKeyway, ApiKeyId: string): Promise<string | undefined> =>
  (await sdkClient(on).DescribeApiKey({ ApiKeyId, ...platform })).ApiKey;
/** With the server's configuration out of reach: who keeps backups has no secrets of real systems, and needs none. */
const task = (name: string, data: string, ...args: string[]) =>
  runTask(name, args, { KEYWAY_DATA: data, KEYWAY_CONFIG: join(elsewhere, "none.json") });

it("a backup of a running, writing server opens in an empty folder, keys and all", async () => {
  const key = await create(keyway, "kept");
  let writing = true;
  const writer = (async () => {
    while (writing) await codeOf(create(keyway, "meanwhile"));
  })();
  const made = task("backup", folder, file);
  writing = false;
  await writer;
  expect(made).toMatchObject({ code: 0 });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(elsewhere)).toEqual(["keyway.backup"]);

  const empty = join(elsewhere, "restored");
  expect(task("restore", empty, file)).toMatchObject({ code: 0 });
  expect(readdirSync(empty).sort()).toEqual(["keyway.sqlite", "maintenance.lock", "master.key"]);
  for (const name of readdirSync(empty)) expect(statSync(join(empty, name)).mode & 0o777).toBe(0o600);
  const restored = await startKeyway({ folder: empty, root });
  expect(await secretOf(restored, key.ApiKeyId)).toBe(key.ApiKey);
  await restored.stop();
  expect(task("audit-verify", folder).output).toContain("the chain holds");
});

it("a restore under a running server: it answers from the old state at once, and what it replaced is kept", async () => {
  const kept = await create(keyway, "kept");
  expect(task("backup", folder, file).code).toBe(0);
  const later = await create(keyway, "later");
  await sdkClient(keyway).DeleteApiKey({ ApiKeyId: kept.ApiKeyId, ...platform });
  expect(task("rotate-master", folder).code).toBe(0);

  const restored = task("restore", folder, file);
  expect(restored.code).toBe(0);
  expect(await secretOf(keyway, kept.ApiKeyId)).toBe(kept.ApiKey);
  expect(await codeOf(sdkClient(keyway).DescribeApiKey({ ApiKeyId: later.ApiKeyId, ...platform }))).toBe(
    "ResourceNotFound",
  );
  const fresh = await create(keyway, "fresh");
  await keyway.stop();
  keyway = await startKeyway({ folder, root, keep: true });
  expect(await secretOf(keyway, fresh.ApiKeyId)).toBe(fresh.ApiKey);
  expect(task("audit-verify", folder).output).toContain("the chain holds");

  const replaced = readdirSync(folder).find((name) => name.startsWith("before-restore-"));
  expect(restored.output).toContain(String(replaced));
  const undo = join(elsewhere, "undo");
  expect(task("restore", undo, join(folder, String(replaced))).code).toBe(0);
  const undone = await startKeyway({ folder: undo, root });
  expect(await secretOf(undone, later.ApiKeyId)).toBe(later.ApiKey);
  await undone.stop();
});

it("restores and rotations that meet end with one master key that opens everything", async () => {
  const kept = await create(keyway, "kept");
  expect(task("backup", folder, file).code).toBe(0);
  const together = promisify(execFile);
  const run = (script: string, ...args: string[]): Promise<unknown> =>
    together(process.execPath, [`scripts/${script}.ts`, ...args], {
      env: { PATH: process.env.PATH, KEYWAY_DATA: folder },
    }).catch((error: { stderr: string }) => expect(error.stderr).toContain("under way"));
  for (let round = 0; round < 3; round++) {
    await Promise.all([run("rotate-master"), run("restore", file), run("rotate-master")]);
  }
  expect(Object.keys(readKeyring(masterFile(folder))?.keys ?? {})).toHaveLength(1);
  await keyway.stop();
  keyway = await startKeyway({ folder, root, keep: true });
  expect(await secretOf(keyway, kept.ApiKeyId)).toBe(kept.ApiKey);
});

it("a rotation after a restore makes a new master key", async () => {
  expect(task("backup", folder, file).code).toBe(0);
  expect(task("rotate-master", folder).code).toBe(0);
  expect(task("restore", folder, file).code).toBe(0);
  const before = readKeyring(masterFile(folder));
  expect(Object.keys(before?.keys ?? {})).toHaveLength(1);
  expect(task("rotate-master", folder).code).toBe(0);
  expect(readKeyring(masterFile(folder))?.current).not.toBe(before?.current);
});

it("refuses what would lose data, in words", { timeout: 120_000 }, async () => {
  expect(task("backup", folder, file).code).toBe(0);
  expect(task("backup", folder, file).output).toContain("exists already");
  expect(task("backup", folder).output).toContain("Say where to");
  expect(task("backup", "", join(elsewhere, "x")).output).toContain("KEYWAY_DATA must not be empty");
  const nowhere = join(elsewhere, "nowhere");
  expect(task("backup", folder, join(nowhere, "x"))).toEqual({
    code: 1,
    output: `There is no folder ${nowhere}. Make it, or name a file in another one.\n`,
  });
  expect(task("backup", join(elsewhere, "nothing"), join(elsewhere, "x")).output).toContain("no Keyway data");
  const junk = join(elsewhere, "junk");
  writeFileSync(junk, "junk");
  expect(task("restore", folder, junk).output).toContain("not a backup");
  expect(task("restore", folder, join(elsewhere, "none")).output).toContain("There is no file");
  const other = temporaryFolder();
  const stranger = await startKeyway({ folder: other, root, keep: true });
  expect(task("restore", other, file).output).toContain("another store");
  await stranger.stop();
  rmSync(other, { recursive: true });
  const cloud = { KEYWAY_DATA: folder, KEYWAY_TABLE: "keyway-prod", KEYWAY_KMS_KEY: "key" };
  for (const name of ["backup", "restore"]) {
    const refused = runTask(name, [join(elsewhere, "x")], cloud);
    expect(refused).toEqual({ code: 1, output: expect.stringContaining("in a table of DynamoDB") });
  }
  expect(existsSync(join(elsewhere, "x"))).toBe(false);
});
