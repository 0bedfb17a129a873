import { readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { apigatewayClient } from "../support/apigateway-client.ts";
import { csipClient } from "../support/csip-client.ts";
import { access, credentialsOf, sts } from "../support/csip-credentials.ts";
import { callFacade, issueAccount, issueCredential } from "../support/facade.ts";
import { madeUpRoot, startKeyway, temporaryFolder } from "../support/keyway.ts";
import { type KeywayProcess, runTask, spawnKeyway } from "../support/process.ts";
import { send, sendSigned } from "../support/raw.ts";
import { codeOf, sdkClient, ways } from "../support/sdk.ts";

/**
 * Marked secrets go through every operation and every failure. They may stand in the one reply that is made to carry
 * them; in no other reply, no log, no error, no audit entry, no event, no file and no output.
 */

const root = madeUpRoot();
const folder = temporaryFolder();
let keyway: KeywayProcess;

/** Secret → the replies, by name, that may hold it. */
const secrets = new Map<string, string>();
/** Name → text of every reply. */
const replies: [name: string, text: string][] = [];
const note = (name: string, text: string): void => void replies.push([name, text]);
const noteCall = async (name: string, call: Promise<unknown>): Promise<void> =>
  note(
    name,
    await call.then(
      (reply) => JSON.stringify(reply),
      (error: unknown) => `${error} ${JSON.stringify(error)}`,
    ),
  );

/** Brought along by their creators. A digit in the middle tells them from the names of fields, which replies repeat. */
const manualSecret = `CANARY_2manual_${Math.random().toString(36).slice(2)}`;
const updatedSecret = `CANARY_3update_${Math.random().toString(36).slice(2)}`;
const sandboxed = `CANARY_4sandbox_${Math.random().toString(36).slice(2)}`;

const apigatewayCalls = async (): Promise<void> => {
  const client = apigatewayClient(keyway);
  const AccessKeyId = "manual_key";
  secrets.set(manualSecret, "apigateway").set(updatedSecret, "apigateway");
  const manual = {
    SecretName: "canary",
    AccessKeyType: "manual",
    AccessKeyId,
    AccessKeySecret: manualSecret,
  };
  await noteCall("apigateway", client.CreateApiKey(manual));
  await noteCall("taken", client.CreateApiKey(manual));
  await noteCall(
    "unknown field",
    client.request("CreateApiKey", { ...manual, [manualSecret]: manualSecret }),
  );
  await noteCall(
    "wrong type",
    client.request("CreateApiKey", { ...manual, AccessKeySecret: [manualSecret] }),
  );
  await noteCall("too short", client.CreateApiKey({ ...manual, AccessKeySecret: `${marked} !` }));
  await noteCall("apigateway", client.DescribeApiKey({ AccessKeyId }));
  const Filters = [{ Name: "AccessKeySecret", Values: [manualSecret] }];
  await noteCall("apigateway", client.DescribeApiKeysStatus({ Filters }));
  await noteCall(
    "filter",
    client.DescribeApiKeysStatus({ Filters: [{ Name: manualSecret, Values: [manualSecret] }] }),
  );
  await noteCall("apigateway", client.UpdateApiKey({ AccessKeyId, AccessKeySecret: updatedSecret }));
  await noteCall(
    "update",
    client.UpdateApiKey({ AccessKeyId: updatedSecret, AccessKeySecret: updatedSecret }),
  );
  await noteCall("disable", client.DisableApiKey({ AccessKeyId }));
  await noteCall("disabled", client.UpdateApiKey({ AccessKeyId, AccessKeySecret: updatedSecret }));
  await noteCall("delete", client.DeleteApiKey({ AccessKeyId }));
};

const made = z.object({ id: z.string(), key: z.string() });

const aioneCalls = async (): Promise<void> => {
  const path = "/api/v1/gateway/keys";
  const created = await callFacade(keyway, "POST", path, { body: { name: "canary", expires_at: null } });
  const { id, key } = made.parse(created.body);
  secrets.set(key, "created");
  note("created", created.text);
  const rotated = await callFacade(keyway, "PUT", `${path}/${id}/rotate`);
  secrets.set(made.parse(rotated.body).key, "rotated");
  note("rotated", rotated.text);
  for (const token of [key, marked]) {
    note("models", (await callFacade(keyway, "GET", "/v1/models", { token })).text);
    note("manage", (await callFacade(keyway, "GET", path, { token })).text);
  }
  const bad: readonly unknown[] = [
    { key },
    { name: { [key]: key } },
    { name: "n", rpm_limit: key },
    { name: "n", allowed_ips: [key] },
    { name: "n", team_id: key },
    { name: "n", expires_at: key },
    { name: "n", models_allowed: key },
    [key],
    key,
  ];
  for (const body of bad) {
    note("bad", (await callFacade(keyway, "POST", path, { body })).text);
    note("bad", (await callFacade(keyway, "PUT", `${path}/${id}`, { body })).text);
  }
  note("bad", (await callFacade(keyway, "POST", path, { raw: `{"name":"${key}` })).text);
  for (const rest of ["", `/${id}`, `/${key}`, `/${id}/${key}`])
    note("get", (await callFacade(keyway, "GET", path + rest)).text);
  note("delete", (await callFacade(keyway, "DELETE", `${path}/${id}`)).text);
};

/** Created by a second process on the same folder, because no public action creates one. */
const csipCalls = async (): Promise<void> => {
  secrets.set(sandboxed, "nowhere");
  const second = await startKeyway({ folder, root, keep: true });
  const credentials = await credentialsOf(second);
  const id = await credentials.create("canary", access(["Token", sandboxed]));
  await credentials.create("canary", sts("aws", sandboxed, sandboxed));
  await second.stop();
  note("second log", second.log());
  const client = csipClient(keyway);
  await noteCall("detail", client.DescribeKeySandboxCredential({ CredentialId: id }));
  await noteCall("wrong id", client.DescribeKeySandboxCredential({ CredentialId: sandboxed }));
  await noteCall("list", client.DescribeKeySandboxCredentialList({}));
  await noteCall("install", client.InstallKeySandboxSkill({ InstanceIdList: [sandboxed] }));
};

const platform = { Platform: "maas" };
const marked = "sk-CANARYcanaryCANARYcanaryCANARYcanaryCANARYcanary99";

beforeAll(async () => {
  secrets.set(root.secretKey, "nowhere").set(root.token, "nowhere").set(marked, "nowhere");
  keyway = await spawnKeyway(root, { KEYWAY_DATA: folder });

  for (const way of ways) {
    const client = sdkClient(keyway, way);
    const { ApiKeyId = "" } = await client.CreateApiKey({
      ApiKeyName: "canary",
      ...platform,
      BindType: "all",
    });
    const described = await client.DescribeApiKey({ ApiKeyId, ...platform });
    const secret = described.ApiKey ?? "";
    expect(secret).toMatch(/^sk-/);
    secrets.set(secret, "describe");
    note("describe", JSON.stringify(described));
    note("describe", JSON.stringify(await client.DescribeApiKey({ ApiKey: secret, ...platform })));
    await noteCall("list", client.DescribeApiKeyList({}));
    await noteCall("info", client.ModifyApiKeyInfo({ ApiKeyId, ...platform, Remark: "r" }));
    await noteCall("status", client.ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: "disable" }));
    // A secret in the wrong place: as an id, a name of a field, a filter, a platform, an action.
    await noteCall("wrong id", client.DeleteApiKey({ ApiKeyId: secret, ...platform }));
    await noteCall("wrong platform", client.DescribeApiKey({ ApiKeyId, Platform: secret }));
    await noteCall("wrong field", client.request("DescribeApiKey", { ApiKeyId, ...platform, [secret]: 1 }));
    await noteCall("wrong kind", client.request("DescribeApiKey", { ApiKey: { secret }, ...platform }));
    await noteCall("wrong action", client.request(secret, { ApiKeyId, ...platform }));
    await noteCall("wrong status", client.ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: secret }));
    await noteCall("unknown secret", client.DescribeApiKey({ ApiKey: marked, ...platform }));
    await noteCall("delete", client.DeleteApiKey({ ApiKeyId, ...platform }));
    await noteCall("deleted", client.DescribeApiKey({ ApiKey: secret, ...platform }));
  }
  await apigatewayCalls();
  await aioneCalls();
  await csipCalls();
  const own = { ...keyway, root };
  note("truncated", (await sendSigned(own, "DescribeApiKey", `{"ApiKey":"${marked}`)).text);
  note("bearer", (await send(keyway, { headers: { authorization: `Bearer ${marked}` } })).text);
  note(
    "unsigned",
    (await send(keyway, { headers: { "content-type": "application/json" }, body: `{"ApiKey":"${marked}"}` }))
      .text,
  );
  note("query", (await send(keyway, { method: "GET", path: `/?ApiKey=${marked}` })).text);
  note("path", (await send(keyway, { method: "GET", path: `/${marked}` })).text);
  note("method", (await send(keyway, { method: "PATCH", body: marked })).text);

  const issued = [await issueCredential(keyway, "operator"), await issueAccount(keyway)];
  for (const { secretKey, token } of issued) secrets.set(secretKey, "nowhere").set(token, "nowhere");
  const [operator] = issued;
  if (operator === undefined) throw new Error("no operator");
  await noteCall(
    "wrong key",
    sdkClient(keyway, { credentials: { ...operator, secretKey: marked } }).DescribeApiKeyList({}),
  );
  expect(await codeOf(sdkClient(keyway, { credentials: operator }).DescribeApiKeyList({}))).toBe("no error");

  const bad = [
    { token: marked },
    { raw: `{"name":"${marked}` },
    { raw: marked, type: "text/plain" },
    { body: { name: { [marked]: marked }, role: marked } },
    { body: { name: "n", role: "viewer", [marked]: 1 } },
    { body: { name: "n", role: "viewer", providers: [marked] } },
  ];
  for (const options of bad)
    note("facade", (await callFacade(keyway, "POST", "/v1/credentials", options)).text);
  for (const path of [
    `/v1/${marked}`,
    `/v1/credentials/${marked}`,
    `/v1/audit?cursor=${marked}`,
    `/v1/audit?${marked}=1`,
  ]) {
    note("facade", (await callFacade(keyway, "GET", path)).text);
    note("facade", (await callFacade(keyway, "DELETE", path)).text);
  }
  note("credentials", (await callFacade(keyway, "GET", "/v1/credentials")).text);
  note("accounts", (await callFacade(keyway, "GET", "/v1/accounts")).text);
  note("audit", (await callFacade(keyway, "GET", "/v1/audit?limit=100")).text);
  note("refusals", (await callFacade(keyway, "GET", "/v1/audit/refusals?limit=100")).text);
  note("checkpoint", (await callFacade(keyway, "GET", "/v1/audit/checkpoint")).text);
  note("rotate-master", runTask("rotate-master", [], { KEYWAY_DATA: folder }).output);
  note("audit-verify", runTask("audit-verify", [], { KEYWAY_DATA: folder }).output);
}, 60_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("stands in no reply but the one that may carry it", () => {
  for (const [secret, allowed] of secrets) {
    const leaks = replies
      .filter(([name, text]) => name !== allowed && text.includes(secret))
      .map(([name]) => name);
    expect(leaks).toEqual([]);
  }
  expect(replies.some(([name, text]) => name === "audit" && text.includes("ReadSecrets"))).toBe(true);
});

it("stands in no file of the data folder, running and stopped", async () => {
  const files = (): string[] => readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile());
  const search = (): void => {
    expect(files()).toContain("keyway.sqlite");
    for (const name of files()) {
      const bytes = readFileSync(join(folder, name));
      for (const secret of secrets.keys())
        expect(bytes.includes(secret), `${name} holds a secret`).toBe(false);
    }
  };
  search();
  expect(await keyway.end("SIGTERM")).toBe(0);
  search();
});

it("stands in nothing that was printed or logged", () => {
  const printed = keyway.stdout() + keyway.stderr();
  expect(printed).toContain('"message":"call"');
  for (const secret of secrets.keys()) expect(printed.includes(secret)).toBe(false);
});
