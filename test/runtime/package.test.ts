import { execFile } from "node:child_process";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import openapi from "../../docs/openapi.json" with { type: "json" };
import { actions } from "../../functions/actions.ts";
import { verdict } from "../../lib/schemas/verdict.ts";
import configuration, { bundlePlugins, bundling } from "../../serverless.ts";
import { startCloud, type TestCloud } from "../support/cloud.ts";
import { madeUpRoot, rootVariables, temporaryFolder } from "../support/keyway.ts";
import { codeOf, sdkClient, type TokenhubClient } from "../support/sdk.ts";
import { tokenOf } from "../support/verify-client.ts";
import { eventKinds, type Invoke, startGateway } from "./gateway.ts";

/** Each function as it is deployed: its bundle alone, in a folder with nothing else, in a process of its own. */

let cloud: TestCloud;
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
/** Of no action; their bundles are limited by how soon they have to start, an action's and the job's by `action`. */
const doors = ["http", "verify", "webhooks", "verify-authorizer", "sweep", "deliver", "emit-checkpoints"];
const limitsKb: Readonly<Record<string, number>> = { http: 900, verify: 400, "verify-authorizer": 400 };
const actionKb = 600;

beforeAll(async () => {
  cloud = await startCloud();
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
afterAll(async () => {
  await cloud.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Does what Lambda's runtime does, once: imports the bundle, hands it one event, prints the reply. */
const runner = `
const [bundle, event] = process.argv.slice(2);
const context = { getRemainingTimeInMillis: () => 29_000 };
const { handler } = await import(bundle);
if (event !== undefined) process.stdout.write(JSON.stringify((await handler(JSON.parse(event), context)) ?? null));
`;

const run = (...args: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)(process.execPath, [join(folder, "invoke.mjs"), ...args], {
    cwd: folder,
    env: { ...cloud.variables, ...rootVariables(root) },
  });

const invokeBundle =
  (name: string): Invoke =>
  async (event) =>
    JSON.parse((await run(bundleOf(name), JSON.stringify(event))).stdout);

const [httpApi] = eventKinds;

const call = async <Reply>(
  name: string,
  does: (client: TokenhubClient) => Promise<Reply>,
): Promise<Reply> => {
  if (httpApi === undefined) throw new Error("no kinds");
  const gateway = await startGateway(httpApi.toEvent, invokeBundle(name));
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

it("a key that one bundle made is verified by the bundle that does nothing else", async () => {
  if (httpApi === undefined) throw new Error("no kinds");
  const http = await startGateway(httpApi.toEvent, invokeBundle("http"));
  const verify = await startGateway(httpApi.toEvent, invokeBundle("verify"));
  const post = async (host: string, path: string, body: unknown) => {
    const headers = { authorization: `Bearer ${root.token}`, "content-type": "application/json" };
    const reply = await fetch(`http://${host}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return { status: reply.status, body: await reply.json() };
  };
  const made = z
    .looseObject({ material: z.unknown() })
    .parse((await post(http.host, "/v1/keys", { provider: "aione", name: "verified" })).body);
  const key = tokenOf(made);
  const ask = { key, provider: "aione" };
  const verified = await post(verify.host, "/v1/verify", ask);
  expect(verified).toMatchObject({ status: 200, body: { valid: true, code: "VALID" } });
  const { requestId } = verdict.parse(verified.body);
  expect(await post(verify.host, "/v1/verify:batch", { keys: [ask] })).toMatchObject({
    status: 200,
    body: { verdicts: [{ code: "VALID" }] },
  });
  expect(await post(verify.host, `/v1/verify/${requestId}/settle`, {})).toMatchObject({
    status: 200,
  });
  const forwarded = await fetch(`http://${verify.host}/v1/verify?scope=partial`, {
    headers: { "x-keyway-token": root.token, "x-api-key": key },
  });
  expect([forwarded.status, forwarded.headers.get("x-keyway-status")]).toEqual([204, "VALID"]);
  // What it cannot know it refuses like the one door: what cannot be verified, and what it does not serve.
  expect(await post(verify.host, "/v1/verify", { key, provider: "csip" })).toEqual({
    ...(await post(http.host, "/v1/verify", { key, provider: "csip" })),
    body: expect.objectContaining({ code: "unsupported" }),
  });
  expect(await post(verify.host, "/v1/keys", {})).toMatchObject({ status: 404 });
  for (const gateway of [http, verify]) await gateway.close();
});

it("the job's bundle logs a signed checkpoint of each chain", async () => {
  const { stderr } = await run(bundleOf("emit-checkpoints"), "{}");
  const lines = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  // Of what was changed, and of what was read.
  const told = ["100000000001", "100000000001/readings"].map((account) =>
    expect.objectContaining({
      message: "audit checkpoint",
      checkpoint: expect.objectContaining({ account, signature: expect.any(String) }),
    }),
  );
  expect(lines).toEqual(told);
});

it("the door's bundle unpacks the description that goes along packed", async () => {
  if (httpApi === undefined) throw new Error("no kinds");
  const gateway = await startGateway(httpApi.toEvent, invokeBundle("http"));
  const reply = await fetch(`http://${gateway.host}/openapi.json`);
  expect([reply.status, await reply.json()]).toEqual([200, openapi]);
  await gateway.close();
});

describe.each(names)("%s", (name) => {
  const limitKb = limitsKb[name] ?? actionKb;

  it(`its bundle is smaller than ${limitKb} KB`, () => {
    expect(statSync(bundleOf(name)).size).toBeLessThan(limitKb * 1000);
  });

  it("importing it has no effect", async () => {
    const { requests } = cloud.kms;
    const before = requests.length;
    expect(await run(bundleOf(name))).toEqual({ stdout: "", stderr: "" });
    expect(requests).toHaveLength(before);
  });

  it("none of its functions has lost its `this`", async () => {
    // esbuild makes function expressions of arrow functions, and in a class's field forgets to say what `_this` is.
    expect(await readFile(bundleOf(name), "utf8")).not.toMatch(/\b_this\d*\b/);
  });

  it("it knows its own actions and no others", async () => {
    const text = await readFile(bundleOf(name), "utf8");
    const known = actions.filter((action) => new RegExp(`\\bname:"${action.name}"`).test(text));
    const own = actions.filter(
      (action) =>
        name === "http" ||
        name.replaceAll("-", "") === `${action.profile.service}${action.name}`.toLowerCase(),
    );
    expect(own.length > 0).toBe(name === "http" || !doors.includes(name));
    // Services share some names.
    const names = (of: typeof own) => new Set(of.map((action) => action.name));
    expect(names(known)).toEqual(names(own));
  });
});
