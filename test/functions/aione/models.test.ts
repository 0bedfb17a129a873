import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { callFacade, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway, temporaryFolder } from "../../support/keyway.ts";

const keys = "/api/v1/gateway/keys";
const folder = temporaryFolder();
let keyway: TestKeyway;

beforeAll(async () => {
  const file = join(folder, "keyway.json");
  const models = [{ id: "gpt-5.4", name: "GPT 5.4" }, { id: "claude-sonnet-4-6" }];
  writeFileSync(file, JSON.stringify({ providers: { aione: { service: "aione", models } } }));
  keyway = await startKeyway({ env: { KEYWAY_CONFIG: file } });
});
afterAll(async () => {
  await keyway.stop();
  rmSync(folder, { recursive: true });
});

const createKey = async (body: object): Promise<string> => {
  const reply = await callFacade(keyway, "POST", keys, { body: { name: "n", ...body } });
  return z.object({ key: z.string() }).parse(reply.body).key;
};
const idsOf = (body: unknown): readonly string[] =>
  z
    .object({ data: z.array(z.object({ id: z.string() })) })
    .parse(body)
    .data.map(({ id }) => id);

it("a key sees the models that it may use, by either header", async () => {
  const all = await callFacade(keyway, "GET", "/v1/models", { token: await createKey({}) });
  expect(all.body).toEqual({
    object: "list",
    data: [
      { id: "gpt-5.4", object: "model", created: 0, owned_by: "aione", display_name: "GPT 5.4" },
      {
        id: "claude-sonnet-4-6",
        object: "model",
        created: 0,
        owned_by: "aione",
        display_name: "claude-sonnet-4-6",
      },
    ],
  });
  const narrow = await createKey({ models_allowed: ["gpt-5.4"] });
  const reply = await fetch(`${keyway.url}/v1/models`, { headers: { "x-api-key": narrow } });
  expect(idsOf(await reply.json())).toEqual(["gpt-5.4"]);
});

it("a principal sees the catalogue on both planes", async () => {
  expect(idsOf((await callFacade(keyway, "GET", "/v1/models")).body)).toHaveLength(2);
  expect((await callFacade(keyway, "GET", "/api/v1/gateway/models")).body).toEqual({
    items: [
      { id: "gpt-5.4", name: "GPT 5.4" },
      { id: "claude-sonnet-4-6", name: "claude-sonnet-4-6" },
    ],
    total: 2,
  });
});

it("a scope is checked against the catalogue", async () => {
  const body = { name: "n", models_allowed: ["gpt-5.4", "gpt-9"] };
  const refused = await callFacade(keyway, "POST", keys, { body });
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({
    detail: [{ type: "value_error", loc: ["body", "models_allowed", 1] }],
  });
});

it("what is no live key is refused in the data plane's form", async () => {
  for (const token of [null, "sk-nex-unknown", `sk-nex-${"x".repeat(48)}`]) {
    const reply = await callFacade(keyway, "GET", "/v1/models", { token });
    expect([reply.status, reply.body]).toEqual([
      401,
      { error: { message: expect.any(String), type: "authentication_error", code: "invalid_api_key" } },
    ]);
  }
});

it("a key with an allowlist is refused from elsewhere", async () => {
  const here = await createKey({ allowed_ips: ["127.0.0.0/8", "::1"] });
  const elsewhere = await createKey({ allowed_ips: ["192.0.2.0/24", "2001:db8::/32"] });
  expect((await callFacade(keyway, "GET", "/v1/models", { token: here })).status).toBe(200);
  const refused = await callFacade(keyway, "GET", "/v1/models", { token: elsewhere });
  expect([refused.status, refused.body]).toEqual([
    403,
    { error: expect.objectContaining({ code: "permission_denied" }) },
  ]);
});

it("the account's allowlist refuses a key whose own lets it in, and its end is told before that", async () => {
  const token = await createKey({ allowed_ips: ["127.0.0.0/8", "::1"] });
  const { body } = await callFacade(keyway, "POST", keys, { body: { name: "n" } });
  const dead = z.object({ id: z.string(), key: z.string() }).parse(body);
  await callFacade(keyway, "PUT", `${keys}/${dead.id}/disable`);
  const ask = async (presented: string): Promise<number> =>
    (await callFacade(keyway, "GET", "/v1/models", { token: presented })).status;
  const restrict = (ipAllowlist: readonly string[]) =>
    facadeOf(keyway).call("PATCH", "/v1/allowlist", { ipAllowlist }, { headers: { "if-match": "*" } });
  try {
    expect((await restrict(["192.0.2.0/24"])).status).toBe(200);
    expect([await ask(token), await ask(dead.key)]).toEqual([403, 401]);
  } finally {
    await restrict([]);
  }
  expect(await ask(token)).toBe(200);
});

it("an update is checked against the catalogue, too", async () => {
  const { body } = await callFacade(keyway, "POST", keys, { body: { name: "n" } });
  const { id } = z.object({ id: z.string() }).parse(body);
  const refused = await callFacade(keyway, "PUT", `${keys}/${id}`, { body: { models_allowed: ["gpt-9"] } });
  expect(refused.status).toBe(422);
  expect(refused.body).toMatchObject({
    detail: [{ type: "value_error", loc: ["body", "models_allowed", 0] }],
  });
});

it.each([
  ["disabled", "PUT", "/disable"],
  ["deleted", "DELETE", ""],
])("a %s key is an invalid one, by either header", async (_, method, rest) => {
  const { body } = await callFacade(keyway, "POST", keys, { body: { name: "n" } });
  const { id, key } = z.object({ id: z.string(), key: z.string() }).parse(body);
  await callFacade(keyway, method, `${keys}/${id}${rest}`);
  for (const headers of [{ authorization: `Bearer ${key}` }, { "x-api-key": key }]) {
    const reply = await fetch(`${keyway.url}/v1/models`, { headers });
    expect([reply.status, await reply.json()]).toMatchObject([
      401,
      { error: { type: "authentication_error", code: "invalid_api_key" } },
    ]);
  }
});

it("without a catalogue both lists are empty, whatever a key is allowed", async () => {
  const bare = await startKeyway();
  const body = { name: "n", models_allowed: ["anything"] };
  const reply = await callFacade(bare, "POST", keys, { body });
  const { key: token } = z.object({ key: z.string() }).parse(reply.body);
  const seen = await callFacade(bare, "GET", "/v1/models", { token });
  expect([seen.status, seen.body]).toEqual([200, { object: "list", data: [] }]);
  expect((await callFacade(bare, "GET", "/api/v1/gateway/models")).body).toEqual({ items: [], total: 0 });
  await bare.stop();
});

it("a principal without the permission to read keys sees no models", async () => {
  const { token } = await issueCredential(keyway, "verifier");
  for (const path of ["/v1/models", "/api/v1/gateway/models"]) {
    expect((await callFacade(keyway, "GET", path, { token })).status, path).toBe(403);
  }
});
