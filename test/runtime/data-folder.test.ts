import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DataFault, folderFault } from "../../lib/runtime/data-folder.ts";
import { startKeyway, temporaryFolder } from "../support/keyway.ts";
import { spawnServer } from "../support/process.ts";

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const database = "keyway.sqlite";

const faultOf = async (of: string): Promise<string> => {
  const fault: unknown = await startKeyway({ folder: of, keep: true }).catch((error: unknown) => error);
  if (fault instanceof DataFault) return fault.message;
  throw new Error("it was opened, or failed by another fault", { cause: fault });
};

describe("a data folder that cannot be used is told in one line that names it:", () => {
  it.each<readonly [string, string, (path: string) => void, RegExp]>([
    ["a file", "file", (path) => writeFileSync(path, ""), /file is not a folder/],
    [
      "a folder below a file",
      "file/below",
      (path) => writeFileSync(join(path, ".."), ""),
      /below is not below a folder/,
    ],
    [
      "one whose database is a folder",
      "data",
      (path) => mkdirSync(join(path, database), { recursive: true }),
      /sqlite is not a database/,
    ],
    [
      "one whose database is another file",
      "data",
      (path) => {
        mkdirSync(path);
        writeFileSync(
          join(path, database),
          "no database, but long enough to have the header of one".repeat(20),
        );
      },
      /sqlite is not a database/,
    ],
    [
      "one that a newer program wrote",
      "data",
      (path) => {
        mkdirSync(path);
        const db = new DatabaseSync(join(path, database));
        db.exec("PRAGMA user_version = 9999");
        db.close();
      },
      /9999.*newer program/,
    ],
  ])("%s", async (_, name, make, words) => {
    const path = join(folder, name);
    make(path);
    const message = await faultOf(path);
    expect(message).toMatch(words);
    expect(message).toMatch(/^KEYWAY_DATA: .*\.$/);
    expect(message).toContain(path);
  });

  // Root may write what nobody may.
  it.skipIf(process.getuid?.() === 0)("one that may not be written", async () => {
    chmodSync(folder, 0o500);
    expect(await faultOf(join(folder, "data"))).toMatch(/cannot be written/);
    expect(await faultOf(folder)).toMatch(/cannot be written/);
    chmodSync(folder, 0o700);
  });

  it.each([
    ["EACCES", /^KEYWAY_DATA: \/data cannot be written\. Let the user that runs Keyway/],
    ["EROFS", /^KEYWAY_DATA: \/data cannot be written, because its disk is read-only/],
    ["ENOSPC", /^KEYWAY_DATA: \/data cannot be made, because its disk is full/],
    ["ELOOP", /^KEYWAY_DATA: \/data cannot be used \(ELOOP\)/],
  ])("one of which the system says %s", (code, words) => {
    expect(folderFault("/data", Object.assign(new Error(code), { code })).message).toMatch(words);
  });
});

describe("a start that fails says so in one line, without a stack:", () => {
  it.each([
    ["a file for a data folder", { KEYWAY_DATA: import.meta.filename }, "is not a folder"],
    [
      "an address of another machine",
      { HOST: "192.0.2.1", KEYWAY_BEHIND_PROXY: "1" },
      "Set HOST to an address",
    ],
  ])("%s", async (_, env, words) => {
    const server = spawnServer({ KEYWAY_DATA: folder, ...env });
    expect(await server.exited).toBe(1);
    expect(server.stderr().trimEnd().split("\n")).toEqual([
      expect.stringMatching(/^keyway did not start: .*\.$/),
    ]);
    expect(server.stderr()).toContain(words);
  });
});
