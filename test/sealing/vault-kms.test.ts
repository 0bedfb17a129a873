import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../lib/keys/secret.ts";
import { SealBroken } from "../../lib/sealing/envelope.ts";
import { sdkKmsCalls } from "../../lib/sealing/kms-sdk-calls.ts";
import { MasterKeyBusy, MasterKeyFault, type MasterKeys } from "../../lib/sealing/master.ts";
import { kmsMasterKeys } from "../../lib/sealing/master-kms.ts";
import { rewrapAll } from "../../lib/sealing/rewrap.ts";
import { openVault, type Place, type Vault } from "../../lib/sealing/vault.ts";
import type { Store } from "../../lib/store/port/store.ts";
import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { freshFile } from "../store/files.ts";
import { kmsClient, startKms, type TestKms } from "../support/kms.ts";

const minuteMs = 60_000;

let kms: TestKms;
let database: ReturnType<typeof freshFile>;
let store: Store;
let now: number;

beforeEach(async () => {
  kms = await startKms();
  database = freshFile();
  store = await openSqliteStore({ file: database.file, writer: inlineWriter });
  await store.setMasterId(kms.keyId);
  now = Date.parse("2026-11-21T12:00:00.000Z");
});
afterEach(async () => {
  await store.close();
  database.remove();
  await kms.stop();
});

const masterBy = (keyId: string): MasterKeys => kmsMasterKeys(sdkKmsCalls(kmsClient(kms)), keyId);
const vaultBy = (keyId: string): Promise<Vault> => openVault(store, masterBy(keyId), () => new Date(now));
const at = (account: string): Place => ({ account, service: "tokenhub", id: "ak-1", generation: 1 });
const one = at("100000000001");
const other = at("100000000002");
const secret = "sk-made-up-for-this-test";
const sealIn = (vault: Vault, place = one): Promise<string> => vault.seal(place, new Secret(secret));
const openIn = async (vault: Vault, sealed: string, place = one): Promise<string> =>
  (await vault.open(place, sealed)).expose();
const calls = (): readonly string[] => kms.requests.map(({ operation }) => operation);

describe("the vault over KMS", () => {
  it("opens what it sealed, here and in another process, asking KMS once for each key", async () => {
    const vault = await vaultBy(kms.keyId);
    const sealed = await sealIn(vault);
    expect(await openIn(vault, sealed)).toBe(secret);
    await sealIn(vault);
    // Digests' key and data key: both were handed out as they were made.
    expect(calls()).toEqual(["GenerateDataKey", "GenerateDataKey"]);
    const next = await vaultBy(kms.keyId);
    expect(next.digest(secret)).toBe(vault.digest(secret));
    const opened = await Promise.all(Array.from({ length: 20 }, () => openIn(next, sealed)));
    expect(new Set(opened)).toEqual(new Set([secret]));
    expect(calls().slice(2)).toEqual(["Decrypt", "Decrypt"]);
    const seed = await vault.checkpointSeed();
    expect((await next.checkpointSeed()).equals(seed)).toBe(true);
  });

  it("leaves no key in a request or in the database", async () => {
    const vault = await vaultBy(kms.keyId);
    const sealed = await sealIn(vault);
    await openIn(await vaultBy(kms.keyId), sealed);
    await rewrapAll(store, masterBy(kms.addKey()), () => undefined);
    const requests = JSON.stringify(kms.requests);
    const folder = dirname(database.file);
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
    expect(kms.shown).toHaveLength(4);
    for (const shown of kms.shown) {
      const bytes = Buffer.from(shown, "base64");
      for (const text of [shown, bytes.toString("hex"), bytes.toString("base64url")]) {
        expect(requests).not.toContain(text);
        for (const stored of files) expect(stored.includes(text)).toBe(false);
      }
      for (const stored of files) expect(stored.includes(bytes)).toBe(false);
    }
  });

  it("zeroes the very memory that the SDK handed out", async () => {
    const handed: Uint8Array[] = [];
    const client = kmsClient(kms);
    client.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        const { output } = result;
        if ("Plaintext" in output && output.Plaintext !== undefined) handed.push(output.Plaintext);
        return result;
      },
      { step: "initialize" },
    );
    const open = () => openVault(store, kmsMasterKeys(sdkKmsCalls(client), kms.keyId), () => new Date(now));
    const sealed = await sealIn(await open());
    await openIn(await open(), sealed);
    expect(handed).toHaveLength(4);
    for (const bytes of handed) expect([...bytes]).toEqual(Array.from({ length: 32 }, () => 0));
  });

  it("opens no account's data by the key of another, wherever its row was moved", async () => {
    const vault = await vaultBy(kms.keyId);
    const sealed = await sealIn(vault);
    await sealIn(vault, other);
    const moved: Store = {
      ...store,
      // As if somebody had exchanged the accounts of the rows.
      listWrappedKeys: async (purpose, account) => {
        const from =
          account === one.account ? other.account : account === other.account ? one.account : account;
        return (await store.listWrappedKeys(purpose, from)).map((row) => ({ ...row, account }));
      },
    };
    const fooled = await openVault(moved, masterBy(kms.keyId), () => new Date(now));
    await expect(openIn(fooled, sealed, other)).rejects.toThrow("InvalidCiphertextException");
    await expect(sealIn(fooled)).rejects.toBeInstanceOf(MasterKeyFault);
    await expect(openIn(vault, sealed, other)).rejects.toBeInstanceOf(SealBroken);
  });

  it("stops with a disabled key five minutes after it was unwrapped, not before, and goes on with it enabled", async () => {
    const vault = await vaultBy(kms.keyId);
    const sealed = await sealIn(vault);
    kms.disable(kms.keyId);
    now += 5 * minuteMs - 1;
    expect(await openIn(vault, sealed)).toBe(secret);
    await sealIn(vault);
    now += 1;
    await expect(openIn(vault, sealed)).rejects.toThrow(/DisabledException.*enable it/);
    await expect(sealIn(vault)).rejects.toBeInstanceOf(MasterKeyFault);
    await expect(sealIn(vault, other)).rejects.toBeInstanceOf(MasterKeyFault);
    await expect(vaultBy(kms.keyId)).rejects.toThrow("DisabledException");
    kms.enable(kms.keyId);
    expect(await openIn(vault, sealed)).toBe(secret);
    await sealIn(vault, other);
  });

  it("tells a KMS that is busy from one that refuses, and keeps neither", async () => {
    const vault = await vaultBy(kms.keyId);
    const sealed = await sealIn(vault);
    now += 5 * minuteMs;
    kms.fail("ThrottlingException");
    await expect(openIn(vault, sealed)).rejects.toBeInstanceOf(MasterKeyBusy);
    expect(await openIn(vault, sealed)).toBe(secret);
    // A key that could not be made is not there.
    kms.fail("ThrottlingException");
    await expect(sealIn(vault, other)).rejects.toBeInstanceOf(MasterKeyBusy);
    expect(await store.listWrappedKeys("data", other.account)).toEqual([]);
  });

  it("makes one key for an account, however many processes make it at once", async () => {
    const vaults = await Promise.all(Array.from({ length: 5 }, () => vaultBy(kms.keyId)));
    const sealed = await Promise.all(vaults.map((vault) => sealIn(vault)));
    expect(await store.listWrappedKeys("data", one.account)).toHaveLength(1);
    for (const text of sealed) for (const vault of vaults) expect(await openIn(vault, text)).toBe(secret);
    expect(new Set(vaults.map((vault) => vault.digest(secret))).size).toBe(1);
    // What one process signed, another one takes.
    expect(new Set(vaults.map((vault) => vault.signer("a text ")(secret))).size).toBe(1);
  });
});

describe("a new KMS key", () => {
  it("wraps all keys while vaults are open, and then the old one may go", async () => {
    const vault = await vaultBy(kms.keyId);
    const accounts = Array.from({ length: 120 }, (_, n) => at(String(200_000_000_000 + n)));
    const sealed = await Promise.all(accounts.map((place) => sealIn(vault, place)));
    const next = kms.addKey();
    const done: number[] = [];
    const shown = kms.shown.length;
    const { masterId, rewrapped } = await rewrapAll(store, masterBy(next), (count) => done.push(count));
    expect([masterId, rewrapped, done]).toEqual([next, 121, [100, 121]]);
    expect(kms.shown).toHaveLength(shown);
    kms.scheduleDeletion(kms.keyId);

    now += 5 * minuteMs;
    // Still configured with the old one.
    expect(await openIn(vault, sealed[0] ?? "", accounts[0])).toBe(secret);
    await sealIn(vault, one);
    const after = await vaultBy(next);
    expect(after.digest(secret)).toBe(vault.digest(secret));
    expect(after.signer("a text ")(secret)).toBe(vault.signer("a text ")(secret));
    for (const [n, text] of sealed.entries()) expect(await openIn(after, text, accounts[n])).toBe(secret);
    expect(await store.listWrappedByOthers(next, 1)).toEqual([]);
    expect(await rewrapAll(store, masterBy(next), () => undefined)).toEqual({ masterId: next, rewrapped: 0 });
  });

  it("serves beside the old one before anything is wrapped by it", async () => {
    const sealed = await sealIn(await vaultBy(kms.keyId));
    const vault = await vaultBy(kms.addKey());
    expect(await openIn(vault, sealed)).toBe(secret);
    await sealIn(vault, other);
    expect(await store.listWrappedByOthers(kms.keyId, 10)).toEqual([]);
  });

  it("that refuses changes nothing", async () => {
    await sealIn(await vaultBy(kms.keyId));
    const next = kms.addKey();
    kms.disable(next);
    await expect(rewrapAll(store, masterBy(next), () => undefined)).rejects.toThrow("DisabledException");
    expect(await store.readMasterId()).toBe(kms.keyId);
    expect(await store.listWrappedByOthers(kms.keyId, 10)).toEqual([]);
  });

  it("goes on where KMS stopped it", async () => {
    const vault = await vaultBy(kms.keyId);
    const sealed = await sealIn(vault);
    const next = kms.addKey();
    const refusing: MasterKeys = {
      ...masterBy(next),
      rewrap: async (...asked) => {
        if (asked[2].purpose === "data" && (await store.readMasterId()) === next)
          kms.fail("ThrottlingException");
        return masterBy(next).rewrap(...asked);
      },
    };
    await expect(rewrapAll(store, refusing, () => undefined)).rejects.toBeInstanceOf(MasterKeyBusy);
    expect(await store.readMasterId()).toBe(next);
    expect(await openIn(await vaultBy(next), sealed)).toBe(secret);
    await rewrapAll(store, masterBy(next), () => undefined);
    kms.disable(kms.keyId);
    expect(await openIn(await vaultBy(next), sealed)).toBe(secret);
  });

  it("of two at once, neither is told that it stands alone", async () => {
    await sealIn(await vaultBy(kms.keyId));
    const [first, second] = [kms.addKey(), kms.addKey()];
    const late: Store = {
      ...store,
      rewrap: async (rows) => {
        await store.rewrap(rows);
        await store.setMasterId(second);
      },
    };
    await expect(rewrapAll(late, masterBy(first), () => undefined)).rejects.toThrow("Keep all master keys");
  });
});
