import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { madeUpRoot, rootVariables, temporaryFolder } from "../support/keyway.ts";
import { runTask, spawnServer } from "../support/process.ts";

/** `npm run root`: what the cloud has in place of a server's first start. */

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const root = (env: Readonly<Record<string, string>> = {}) =>
  runTask("root", [], { KEYWAY_DATA: folder, KEYWAY_CONFIG: join(folder, "none.json"), ...env });

/** Of a server that is started on the store, and knows no KEYWAY_ROOT_*. */
const statusOf = async (token: string): Promise<number> => {
  const server = spawnServer({ KEYWAY_DATA: folder });
  const { status } = await fetch(`${await server.listening}/v1/providers`, {
    headers: { authorization: `Bearer ${token}` },
  });
  server.process.kill("SIGTERM");
  await server.exited;
  return status;
};

it("makes the root credential of an empty store, shows it, and never again", async () => {
  const first = root();
  expect(first.code).toBe(0);
  expect(existsSync(join(folder, "keyway.sqlite"))).toBe(true);
  const token = /^export KEYWAY_TOKEN=(\S+)$/m.exec(first.output)?.[1] ?? "";
  expect(await statusOf(token)).toBe(200);
  const again = root();
  expect(again).toMatchObject({
    code: 0,
    output: expect.stringContaining("had its root credential already"),
  });
  expect(again.output).not.toMatch(/^export/m);
  expect(await statusOf(token)).toBe(200);
});

it("exchanges it for the configured one, which it does not show", async () => {
  const token = /^export KEYWAY_TOKEN=(\S+)$/m.exec(root().output)?.[1] ?? "";
  const other = madeUpRoot();
  const exchanged = root(rootVariables(other));
  expect(exchanged.code).toBe(0);
  for (const secret of [other.secretKey, other.token]) expect(exchanged.output).not.toContain(secret);
  expect([await statusOf(token), await statusOf(other.token)]).toEqual([401, 200]);
});

it("says that it cannot ask AWS, where it knows no region or has no credentials", () => {
  const none = join(folder, "none");
  const cloud = {
    KEYWAY_TABLE: "keyway-prod",
    KEYWAY_KMS_KEY: "key",
    AWS_CONFIG_FILE: none,
    AWS_SHARED_CREDENTIALS_FILE: none,
    AWS_EC2_METADATA_DISABLED: "true",
  };
  const credentials = { AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "key" };
  for (const env of [credentials, { AWS_REGION: "eu-central-1" }]) {
    const output = expect.stringContaining("region or credentials are missing. Set AWS_REGION");
    expect(root({ ...cloud, ...env })).toEqual({ code: 1, output });
  }
});

it("says what is wrong with a configured one", () => {
  expect(root({ KEYWAY_ROOT_TOKEN: "short" })).toMatchObject({
    code: 1,
    output: expect.stringContaining("KEYWAY_ROOT_TOKEN must be 24 to 256 printable characters"),
  });
});
