import { execFile } from "node:child_process";
import { existsSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import openapi from "../../docs/openapi.json" with { type: "json" };
import { actions } from "../../functions/actions.ts";
import configuration, { bundlePlugins, bundling } from "../../serverless.ts";
import { madeUpRoot, rootVariables, temporaryFolder } from "../support/keyway.ts";
import { codeOf, sdkClient, type TokenhubClient } from "../support/sdk.ts";
import { eventKinds, type Invoke, startGateway } from "./gateway.ts";

/** Each function as it is deployed: its bundle alone, in a folder with nothing else, in a process of its own. */

const root = madeUpRoot();
const folder = temporaryFolder();
const platform = { Platform: "maas" };
const bundleOf = (name: string): string => join(folder, "bundles", `${name}.mjs`);

const entries = Object.fromEntries(
  Object.entries(configuration.functions ?? {}).map(([name, { handler }]) => [
    name,
    `${String(handler).replace(/\.handler$/, "")}.ts`,
  ]),
);
const names = Object.keys(entries);
/** To all services. */
const doors = ["http", "verify-authorizer"];

beforeAll(async () => {
  const { default: plugins } = await import(`../../${bundlePlugins}`);
  await build({
    ...bundling,
    plugins,
    entryPoints: entries,
    outdir: join(folder, "bundles"),
    outExtension: { ".js": ".mjs" },
  });
  writeFileSync(join(folder, "invoke.mjs"), runner);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Does what Lambda's runtime does, once: imports the bundle, hands it one event, prints the reply. */
const runner = `
const [bundle, event] = process.argv.slice(2);
const { handler } = await import(bundle);
if (event !== undefined) process.stdout.write(JSON.stringify(await handler(JSON.parse(event), {})));
`;

const run = (data: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, [join(folder, "invoke.mjs"), ...args], {
    cwd: folder,
    env: { KEYWAY_DATA: data, ...rootVariables(root) },
  });

const invokeBundle =
  (name: string, data: string): Invoke =>
  async (event) =>
    JSON.parse((await run(data, bundleOf(name), JSON.stringify(event))).stdout);

const [httpApi] = eventKinds;

const call = async <Reply>(
  name: string,
  does: (client: TokenhubClient) => Promise<Reply>,
): Promise<Reply> => {
  if (httpApi === undefined) throw new Error("no kinds");
  const gateway = await startGateway(httpApi.toEvent, invokeBundle(name, join(folder, "data")));
  try {
    return await does(sdkClient({ host: gateway.host, root }));
  } finally {
    await gateway.close();
  }
};

it("the SDK creates a key by one bundle and reads it by another", async () => {
  const { ApiKeyId = "" } = await call("http", (client) =>
    client.CreateApiKey({ ApiKeyName: "bundled", ...platform, BindType: "all" }),
  );
  const described = await call("tokenhub-describe-api-key", (client) =>
    client.DescribeApiKey({ ApiKeyId, ...platform }),
  );
  expect(described).toMatchObject({ ApiKeyId, Name: "bundled" });
  expect(described.ApiKey).toMatch(/^sk-[0-9A-Za-z]{48}$/);
  const other = call("tokenhub-describe-api-key", (client) => client.DeleteApiKey({ ApiKeyId, ...platform }));
  expect(await codeOf(other)).toBe("InvalidAction");
});

it("the door's bundle unpacks the description that goes along packed", async () => {
  if (httpApi === undefined) throw new Error("no kinds");
  const gateway = await startGateway(httpApi.toEvent, invokeBundle("http", join(folder, "data")));
  const reply = await fetch(`http://${gateway.host}/openapi.json`);
  expect([reply.status, await reply.json()]).toEqual([200, openapi]);
  await gateway.close();
});

describe.each(names)("%s", (name) => {
  const limitKb = doors.includes(name) ? 400 : 200;

  it(`its bundle is smaller than ${limitKb} KB`, () => {
    expect(statSync(bundleOf(name)).size).toBeLessThan(limitKb * 1000);
  });

  it("importing it has no effect", async () => {
    const data = join(folder, "never-made");
    expect(await run(data, bundleOf(name))).toEqual({ stdout: "", stderr: "" });
    expect(existsSync(data)).toBe(false);
  });

  it("it knows its own actions and no others", async () => {
    const text = await readFile(bundleOf(name), "utf8");
    const known = actions.filter((action) => new RegExp(`\\bname:"${action.name}"`).test(text));
    const own = actions.filter(
      (action) =>
        name === "http" ||
        name.replaceAll("-", "") === `${action.profile.service}${action.name}`.toLowerCase(),
    );
    expect(own.length > 0).toBe(name !== "verify-authorizer");
    // Services share some names.
    const names = (of: typeof own) => new Set(of.map((action) => action.name));
    expect(names(known)).toEqual(names(own));
  });
});
