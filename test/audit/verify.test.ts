import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readingsOf } from "../../lib/audit/chain-name.ts";
import { callFacade } from "../support/facade.ts";
import { rootAccount, startKeyway, type TestKeyway, temporaryFolder } from "../support/keyway.ts";
import { runTask } from "../support/process.ts";
import { sdkClient } from "../support/sdk.ts";

/** A real chain, tampered with in the database file as somebody with access to the disk would. */

let keyway: TestKeyway;
let folder: string;
let checkpoints: string;

beforeEach(async () => {
  folder = temporaryFolder();
  keyway = await startKeyway({ folder, keep: true });
  const client = sdkClient(keyway);
  for (let count = 0; count < 3; count++) {
    const { ApiKeyId = "" } = await client.CreateApiKey({
      ApiKeyName: "n",
      Platform: "maas",
      BindType: "all",
    });
    await client.DescribeApiKey({ ApiKeyId, Platform: "maas" });
  }
  const point = await callFacade(keyway, "GET", "/v1/audit/checkpoint");
  checkpoints = join(folder, "kept-elsewhere.jsonl");
  writeFileSync(
    checkpoints,
    `not json\n{"message":"other"}\n${JSON.stringify({ checkpoint: point.body })}\n${point.text}\n`,
  );
  await keyway.stop();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const tamper = (sql: string): void => {
  const db = new DatabaseSync(join(folder, "keyway.sqlite"));
  db.exec(sql);
  db.close();
};
const verify = (...files: string[]) => runTask("audit-verify", files, { KEYWAY_DATA: folder });

describe("audit:verify", () => {
  it("says that an honest chain holds, with its checkpoints", () => {
    const { code, output } = verify(checkpoints);
    expect(output).toMatch(/^7 entries of 1 accounts, 4 checkpoints: the chain holds$/m);
    expect(code).toBe(0);
  });

  it("proves nothing against a file without checkpoints, or one that is not there", () => {
    const none = join(folder, "none.jsonl");
    expect(verify(none)).toEqual({ code: 1, output: `There is no file ${none}.\n` });
    writeFileSync(none, 'not json\n{"message":"other"}\n');
    expect(verify(checkpoints, none)).toEqual({
      code: 1,
      output: `${none} holds no checkpoint. Name a file that does, or none.\n`,
    });
  });

  describe.each([
    ["changes", rootAccount, 4],
    ["readings", readingsOf(rootAccount), 3],
  ])("of %s", (_, chain, last) => {
    const inChain = `account = '${chain}'`;

    it.each([
      [
        "a changed entry",
        `UPDATE audit_entries SET text = replace(text, 'ApiKey', 'OtherKey') WHERE ${inChain} AND seq = 2`,
        "entry 2 is broken",
      ],
      ["a removed entry", `DELETE FROM audit_entries WHERE ${inChain} AND seq = 2`, "entry 2 is missing"],
      [
        "a cut end",
        `DELETE FROM audit_entries WHERE ${inChain} AND seq > 2`,
        `truncated: entry 3 to ${last} are missing`,
      ],
    ])("names %s", (_, sql, fault) => {
      tamper(sql);
      const { code, output } = verify();
      expect(output).toContain(`FAULT account ${chain}: ${fault}`);
      expect(output).toContain(" 1 faults");
      expect(code).toBe(1);
    });

    it("needs a checkpoint to see an end that was cut with its head moved, and then names it", () => {
      const end = `SELECT hash FROM audit_entries WHERE ${inChain} AND seq = 2`;
      tamper(`DELETE FROM audit_entries WHERE ${inChain} AND seq > 2;
        UPDATE audit_heads SET seq = 2, hash = (${end}) WHERE ${inChain}`);
      expect(verify().output).toContain("the chain holds");
      const { code, output } = verify(checkpoints);
      expect(output).toContain(`FAULT account ${chain}: truncated: entry 3 to ${last} are missing`);
      expect(code).toBe(1);
    });
  });

  it("names readings that are gone as a whole by any checkpoint, of the log or of the facade", () => {
    const readings = readingsOf(rootAccount);
    tamper(`DELETE FROM audit_entries WHERE account = '${readings}';
      DELETE FROM audit_heads WHERE account = '${readings}'`);
    expect(verify(checkpoints).output).toContain(`FAULT account ${readings}: its chain is missing`);
  });

  it("takes no entry of one chain for one of the other", () => {
    tamper(`DELETE FROM audit_entries WHERE account = '${readingsOf(rootAccount)}';
      INSERT INTO audit_entries SELECT '${readingsOf(rootAccount)}', seq, prev, hash, text
        FROM audit_entries WHERE account = '${rootAccount}'`);
    expect(verify().output).toContain(`FAULT account ${readingsOf(rootAccount)}: entry 1 is broken`);
  });

  it("names a chain whose head is gone, and a whole chain of an account that made keys", () => {
    tamper("DELETE FROM audit_heads");
    expect(verify().output).toContain("the head of its chain is missing");
    tamper("DELETE FROM audit_entries");
    expect(verify().output).toContain("its chain is missing");
    tamper("DELETE FROM keys; DELETE FROM key_lists");
    expect(verify(checkpoints).output).toContain("its chain is missing");
  });

  it("refuses a checkpoint that another key signed", () => {
    const text = JSON.stringify({
      account: "100000000001",
      seq: 1,
      hash: "0".repeat(64),
      time: "2026-07-01T00:00:00.000Z",
      publicKey: Buffer.alloc(32).toString("base64"),
      signature: Buffer.alloc(64).toString("base64"),
    });
    writeFileSync(checkpoints, text);
    expect(verify(checkpoints).output).toContain("not signed by this store's key");
  });
});
