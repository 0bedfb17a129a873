import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "../../lib/errors.ts";
import { openGithubKeys } from "../../lib/leaks/github-keys.ts";
import { verifyGithubReport } from "../../lib/signing/github-report.ts";
import { startGithub, type TestGithub } from "../support/leaks.ts";
import vectors from "../vectors/signing/reporters.json" with { type: "json" };

/** The list of keys that GitHub publishes, as it is kept here; time is the test's. */

let github: TestGithub;
let now = 0;
beforeEach(async () => {
  github = await startGithub("no token");
  now = Date.parse("2026-11-21T12:00:00Z");
});
afterEach(() => github.stop());

const open = () =>
  openGithubKeys({ keysUrl: `${github.url}/keys`, token: null, types: {} }, () => new Date(now));
const minute = 60_000;
const unknown = "0".repeat(64);

describe("GitHub's keys", () => {
  it("are the published ones: its samples verify by its list", async () => {
    github.list = JSON.stringify({ public_keys: vectors.keys });
    const keys = open();
    for (const { identifier, body, signature } of vectors.samples) {
      const key = await keys.find(identifier);
      expect(key && verifyGithubReport(Buffer.from(body), signature, key)).toBe(true);
    }
    expect(github.keyCalls()).toBe(1);
  });

  it("are asked for once an hour, by what changed", async () => {
    const keys = open();
    for (let time = 0; time < 5; time++) expect((await keys.find(github.keyId))?.id).toBe(github.keyId);
    expect(github.keyCalls()).toBe(1);
    now += 61 * minute;
    expect((await keys.find(github.keyId))?.id).toBe(github.keyId);
    // That nothing has changed is an answer, too, and good for another hour.
    now += 2 * minute;
    await keys.find(github.keyId);
    expect(github.keyCalls()).toBe(2);
  });

  it("are asked for again when the clock was set back", async () => {
    const keys = open();
    await keys.find(github.keyId);
    now -= 5 * 60 * minute;
    await keys.find(github.keyId);
    expect(github.keyCalls()).toBe(2);
  });

  it("are asked for once by many at one moment", async () => {
    const keys = open();
    await Promise.all(Array.from({ length: 20 }, () => keys.find(github.keyId)));
    expect(github.keyCalls()).toBe(1);
  });

  it("that are made up make us ask once a minute at most", async () => {
    const keys = open();
    for (let time = 0; time < 50; time++) expect(await keys.find(unknown)).toBeUndefined();
    expect(github.keyCalls()).toBe(1);
    now += minute;
    for (let time = 0; time < 50; time++) await keys.find(`${unknown.slice(2)}${time + 10}`);
    expect(github.keyCalls()).toBe(2);
  });

  it("go on being good while GitHub fails, and come back with it", async () => {
    const keys = open();
    await keys.find(github.keyId);
    for (const status of [500, 403, 302]) {
      github.failing = status;
      now += 120 * minute;
      expect((await keys.find(github.keyId))?.id).toBe(github.keyId);
    }
    github.failing = undefined;
    for (const list of [
      "",
      "[]",
      "{}",
      '{"public_keys":[]}',
      '{"public_keys":[{"key_identifier":"x","key":"none"}]}',
    ]) {
      github.list = list;
      now += 120 * minute;
      expect((await keys.find(github.keyId))?.id).toBe(github.keyId);
    }
  });

  it("that were never read make the report one to be sent again", async () => {
    github.failing = 500;
    const keys = open();
    await expect(keys.find(github.keyId)).rejects.toThrow(Refusal);
    await expect(keys.find(github.keyId)).rejects.toMatchObject({ code: "unavailable" });
    expect(github.keyCalls()).toBe(1);
    github.failing = undefined;
    now += minute;
    expect((await keys.find(github.keyId))?.id).toBe(github.keyId);
  });

  it("of a list that is far too long are not believed", async () => {
    github.list = JSON.stringify({ public_keys: vectors.keys, filling: "x".repeat(300_000) });
    await expect(open().find(unknown)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("that GitHub took back are none any more", async () => {
    github.list = JSON.stringify({ public_keys: vectors.keys });
    const keys = open();
    const [first, second] = vectors.keys.map((one) => one.key_identifier);
    expect(await keys.find(first ?? "")).toBeDefined();
    github.list = JSON.stringify({ public_keys: vectors.keys.slice(1) });
    now += 61 * minute;
    expect([await keys.find(first ?? ""), (await keys.find(second ?? ""))?.id]).toEqual([undefined, second]);
  });
});
