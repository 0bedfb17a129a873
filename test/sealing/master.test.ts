import {
  chmodSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MasterKeyFault } from "../../lib/sealing/master.ts";
import { masterFile, newMasterKey, readKeyring, replaceKeyring } from "../../lib/sealing/master-file.ts";
import { issueAccount } from "../support/facade.ts";
import { madeUpRoot, startKeyway, temporaryFolder } from "../support/keyway.ts";
import { runTask } from "../support/process.ts";
import { sdkClient } from "../support/sdk.ts";

let folder: string;
const root = madeUpRoot();
const platform = { Platform: "maas" };

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = () => startKeyway({ folder, root, keep: true });

const withKey = async (): Promise<{ id: string; secret: string }> => {
  const keyway = await start();
  const client = sdkClient(keyway);
  const { ApiKeyId: id = "" } = await client.CreateApiKey({ ApiKeyName: "n", ...platform, BindType: "all" });
  const { ApiKey: secret = "" } = await client.DescribeApiKey({ ApiKeyId: id, ...platform });
  await keyway.stop();
  return { id, secret };
};

describe("the master key's file", () => {
  it("is made once, for its owner alone", async () => {
    await withKey();
    expect(statSync(masterFile(folder)).mode & 0o777).toBe(0o600);
    const before = readFileSync(masterFile(folder), "utf8");
    await (await start()).stop();
    expect(readFileSync(masterFile(folder), "utf8")).toBe(before);
  });

  it.each<[string, (file: string) => void, RegExp]>([
    ["missing", (file) => renameSync(file, `${file}.away`), /is missing/],
    [
      "of another store",
      (file) => {
        const { id, key } = newMasterKey();
        replaceKeyring(file, { current: id, keys: { [id]: key } });
      },
      /not the one/,
    ],
    [
      "named right with other bytes",
      (file) => {
        const { current } = readKeyring(file) ?? { current: "" };
        replaceKeyring(file, { current, keys: { [current]: newMasterKey().key } });
      },
      /does not open/,
    ],
    ["damaged", (file) => writeFileSync(file, "{"), /is damaged/],
    ["readable by others", (file) => chmodSync(file, 0o644), /chmod 600/],
  ])("stops the start when it is %s, and changes nothing", async (_, spoil, message) => {
    const { id, secret } = await withKey();
    const file = masterFile(folder);
    cpSync(file, `${file}.good`);
    spoil(file);
    const spoilt = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    const database = readFileSync(join(folder, "keyway.sqlite"));
    const error = await start().catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(MasterKeyFault);
    expect(String(error)).toMatch(message);
    expect(existsSync(file) ? readFileSync(file, "utf8") : undefined).toBe(spoilt);
    expect(readFileSync(join(folder, "keyway.sqlite")).equals(database)).toBe(true);
    // With the right file back, all is there.
    renameSync(`${file}.good`, file);
    const keyway = await start();
    expect((await sdkClient(keyway).DescribeApiKey({ ApiKeyId: id, ...platform })).ApiKey).toBe(secret);
    await keyway.stop();
  });
});

describe("rotate-master", () => {
  it("changes the key while the server runs; old and new secrets open, also after the old key is gone", async () => {
    const { id, secret } = await withKey();
    const keyway = await start();
    const before = readKeyring(masterFile(folder));
    expect(runTask("rotate-master", [], { KEYWAY_DATA: folder }).code).toBe(0);
    const after = readKeyring(masterFile(folder));
    expect(after?.current).not.toBe(before?.current);
    expect(Object.keys(after?.keys ?? {})).toEqual([after?.current]);

    // The running server makes a data key for a new account: wrapped by the new master key.
    const stranger = await issueAccount(keyway);
    const other = sdkClient(keyway, { credentials: stranger });
    const made = await other.CreateApiKey({ ApiKeyName: "n", ...platform, BindType: "all" });
    expect((await sdkClient(keyway).DescribeApiKey({ ApiKey: secret, ...platform })).ApiKeyId).toBe(id);
    await keyway.stop();

    const again = await start();
    expect((await sdkClient(again).DescribeApiKey({ ApiKeyId: id, ...platform })).ApiKey).toBe(secret);
    const reopened = sdkClient(again, { credentials: stranger });
    expect((await reopened.DescribeApiKey({ ApiKeyId: made.ApiKeyId ?? "", ...platform })).ApiKey).toMatch(
      /^sk-/,
    );
    await again.stop();
  });

  it("goes on where a crash left it", async () => {
    const { id, secret } = await withKey();
    // As a crash leaves it after the new key was added and before anything was wrapped by it.
    const ring = readKeyring(masterFile(folder));
    const made = newMasterKey();
    replaceKeyring(masterFile(folder), { current: made.id, keys: { ...ring?.keys, [made.id]: made.key } });
    await (await start()).stop();
    expect(runTask("rotate-master", [], { KEYWAY_DATA: folder }).output).toContain(made.id);
    expect(Object.keys(readKeyring(masterFile(folder))?.keys ?? {})).toEqual([made.id]);
    const keyway = await start();
    expect((await sdkClient(keyway).DescribeApiKey({ ApiKeyId: id, ...platform })).ApiKey).toBe(secret);
    await keyway.stop();
  });
});
