import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callFacade, type FacadeReply } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let id: string;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
  id = (await facade.create("aione")).key.id;
});
afterAll(() => keyway.stop());

type Row = readonly [title: string, body: unknown, status: number, code: string, path: string];

const expectProblem = (reply: FacadeReply, status: number, code: string, path: string): void => {
  expect([reply.status, reply.headers.get("content-type"), reply.body]).toEqual([
    status,
    "application/problem+json",
    expect.objectContaining({ status, code, requestId: reply.headers.get("x-request-id") }),
  ]);
  const { errors = [] } = reply.body as { errors?: readonly { path: string }[] };
  if (path !== "") expect(errors.map((error) => error.path)).toContain(path);
};

const key = { provider: "aione", name: "a-key" };

describe("a creation is refused", () => {
  it.each<Row>([
    ["without a provider", { name: "n" }, 422, "field_missing", "provider"],
    ["without a name", { provider: "aione" }, 422, "field_missing", "name"],
    ["for a provider that is not there", { ...key, provider: "nowhere" }, 404, "not_found", "provider"],
    [
      "for a provider that cannot be one",
      { ...key, provider: "../x" },
      422,
      "field_value_invalid",
      "provider",
    ],
    ["with an empty name", { ...key, name: "" }, 422, "field_value_invalid", "name"],
    ["with a name of another type", { ...key, name: 1 }, 422, "field_type_invalid", "name"],
    ["with an unknown field", { ...key, team: "x" }, 422, "field_unknown", "team"],
    ["with an unknown limit", { ...key, limits: { rpm: 1 } }, 422, "field_unknown", "limits.rpm"],
    [
      "with a limit of nothing",
      { ...key, limits: { requestsPerMinute: 0 } },
      422,
      "field_value_invalid",
      "limits.requestsPerMinute",
    ],
    [
      "with half a limit",
      { ...key, limits: { requestsPerMinute: 1.5 } },
      422,
      "field_type_invalid",
      "limits.requestsPerMinute",
    ],
    [
      "with an address that is none",
      { ...key, ipAllowlist: ["10.0.0.256"] },
      422,
      "field_value_invalid",
      "ipAllowlist.0",
    ],
    [
      "with an address twice",
      { ...key, ipAllowlist: ["10.0.0.1", "10.0.0.1"] },
      422,
      "field_value_invalid",
      "ipAllowlist",
    ],
    ["with a time that is none", { ...key, expiresAt: "tomorrow" }, 422, "field_value_invalid", "expiresAt"],
    [
      "with a time that is over",
      { ...key, expiresAt: "2020-01-01T00:00:00Z" },
      422,
      "field_value_invalid",
      "expiresAt",
    ],
    [
      "with a time beyond all times",
      { ...key, expiresAt: "9999-12-31T23:59:59-14:00" },
      422,
      "field_value_invalid",
      "expiresAt",
    ],
    ["with no models at all", { ...key, scope: { models: [] } }, 422, "field_value_invalid", "scope.models"],
    ["with a scope in one word", { ...key, scope: "all" }, 422, "field_type_invalid", "scope"],
    ["with a status that is none", { ...key, status: "on" }, 422, "field_value_invalid", "status"],
    [
      "with a material of no kind",
      { ...key, material: { value: "x" } },
      422,
      "field_missing",
      "material.kind",
    ],
    ["with tags that are no texts", { ...key, tags: { a: 1 } }, 422, "field_type_invalid", "tags.a"],
    [
      "with fifty-one tags",
      { ...key, tags: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`t${n}`, ""])) },
      422,
      "field_value_invalid",
      "tags",
    ],
    [
      "for an owner that is not the caller",
      { ...key, owner: { team: null, account: "100000000002" } },
      422,
      "field_unknown",
      "owner.account",
    ],
    ["with a list for a body", [key], 422, "field_type_invalid", ""],
    ["with the version that a key has", { ...key, version: 7 }, 422, "field_unknown", "version"],
  ])("%s", async (_, body, status, code, path) => {
    expectProblem(await facade.call("POST", "/v1/keys", body), status, code, path);
  });

  it.each<Row>([
    [
      "a TokenHub name of 129 letters",
      { provider: "tokenhub", name: "n".repeat(129) },
      422,
      "field_value_invalid",
      "name",
    ],
    [
      "a TokenHub allowlist with IPv6",
      { provider: "tokenhub", name: "n", ipAllowlist: ["2001:db8::1"] },
      422,
      "field_value_invalid",
      "ipAllowlist.0",
    ],
    [
      "a TokenHub allowlist of 51",
      { provider: "tokenhub", name: "n", ipAllowlist: Array.from({ length: 51 }, (_, n) => `10.0.0.${n}`) },
      422,
      "field_value_invalid",
      "ipAllowlist",
    ],
    [
      "a TokenHub quota beyond the documented one",
      {
        provider: "tokenhub",
        name: "n",
        limits: { tokenQuotas: [{ cycle: "day", tokens: "10000000000001", startDay: null }] },
      },
      422,
      "field_value_invalid",
      "limits.tokenQuotas.0.tokens",
    ],
    [
      "a TokenHub scope that grants nothing",
      { provider: "tokenhub", name: "n", scope: { models: [], endpoints: [] } },
      422,
      "field_missing",
      "scope",
    ],
    [
      "a TokenHub scope and bindings that disagree",
      {
        provider: "tokenhub",
        name: "n",
        scope: { models: ["a"], endpoints: ["ep-1"] },
        native: { bindings: [{ ResourceId: "b", ResourceType: "model" }] },
      },
      422,
      "field_conflict",
      "native.bindings",
    ],
    [
      "a TokenHub binding without its type",
      { provider: "tokenhub", name: "n", native: { bindings: [{ ResourceId: "b" }] } },
      422,
      "field_missing",
      "native.bindings.0.ResourceType",
    ],
    [
      "what is native nowhere",
      { provider: "tokenhub", name: "n", native: { binding: [] } },
      422,
      "field_unknown",
      "native.binding",
    ],
    [
      "an API Gateway name with a space",
      { provider: "apigateway", name: "two words" },
      422,
      "field_value_invalid",
      "name",
    ],
    [
      "an API Gateway pair with an id that is too short",
      { provider: "apigateway", name: "n", material: { kind: "pair", id: "abc", secret: "0123456789" } },
      422,
      "field_value_invalid",
      "material.id",
    ],
    [
      "an API Gateway pair with a secret that is too short",
      { provider: "apigateway", name: "n", material: { kind: "pair", id: "abcde", secret: "012345678" } },
      422,
      "field_value_invalid",
      "material.secret",
    ],
    [
      "an API Gateway token",
      { provider: "apigateway", name: "n", material: { kind: "token", value: "0123456789" } },
      422,
      "field_value_invalid",
      "material.kind",
    ],
    [
      "a sandbox credential without material",
      { provider: "csip", name: "n" },
      422,
      "field_value_invalid",
      "material",
    ],
    [
      "a sandbox credential that is a mask",
      {
        provider: "csip",
        name: "n",
        material: { kind: "fields", fields: [{ name: "a", value: "abc***wxyz" }] },
      },
      422,
      "field_value_invalid",
      "material",
    ],
    [
      "a sandbox credential for no machine",
      {
        provider: "csip",
        name: "n",
        material: { kind: "fields", fields: [{ name: "a", value: "made-up" }] },
        native: { Exclude: 0, Instances: [] },
      },
      422,
      "field_value_invalid",
      "native.Instances",
    ],
  ])("because its service refuses %s", async (_, body, status, code, path) => {
    expectProblem(await facade.call("POST", "/v1/keys", body), status, code, path);
  });

  it.each([33, 5000, 100_000])("with a body that is nested %i deep", async (depth) => {
    const deep = `${"[".repeat(depth)}${"]".repeat(depth)}`;
    for (const raw of [
      `{"provider":"csip","name":"n","native":${deep}}`,
      `{"operations":[{"op":"create","body":{"native":${deep}}}]}`,
    ]) {
      const path = raw.startsWith('{"operations') ? "/v1/keys:batch" : "/v1/keys";
      expectProblem(await callFacade(keyway, "POST", path, { raw }), 400, "body_malformed", "");
    }
  });

  it("beyond the service's number of keys", async () => {
    for (let made = 0; made < 50; made++) await facade.create("tokenhub");
    const reply = await facade.call("POST", "/v1/keys", { provider: "tokenhub", name: "one-too-many" });
    expectProblem(reply, 422, "key_limit_reached", "");
    expect(reply.text).toMatch(/50 keys of `tokenhub`.*`keysMax`/);
  });

  it("with an id that is taken", async () => {
    const material = { kind: "pair", id: "taken_id", secret: "taken_secret" };
    const body = { provider: "apigateway", name: "n", material };
    expect((await facade.call("POST", "/v1/keys", body)).status).toBe(201);
    expectProblem(await facade.call("POST", "/v1/keys", body), 409, "already_exists", "");
  });
});

describe("the state of a key refuses", () => {
  it("a rotation while it is disabled", async () => {
    const { key: one } = await facade.create("aione", { status: "disabled" });
    expectProblem(await facade.call("POST", `/v1/keys/aione/${one.id}/rotate`), 409, "state_unsuitable", "");
  });

  it("a deletion of an enabled API Gateway key, and of one that a plan holds", async () => {
    const { key: one } = await facade.create("apigateway");
    const path = `/v1/keys/apigateway/${one.id}?confirm=${one.id}`;
    expectProblem(await facade.call("DELETE", path), 409, "state_unsuitable", "");
  });
});

describe("a path or header refuses", () => {
  it.each<readonly [string, () => Promise<FacadeReply>, number, string]>([
    ["a key that is not there", () => facade.call("GET", "/v1/keys/aione/none"), 404, "not_found"],
    ["a key of another provider", () => facade.call("GET", `/v1/keys/tokenhub/${id}`), 404, "not_found"],
    ["an id with a slash in it", () => facade.call("GET", "/v1/keys/aione/a%2fb"), 404, "not_found"],
    ["an id with a null in it", () => facade.call("GET", "/v1/keys/aione/a%00b"), 404, "not_found"],
    ["an id that goes up", () => facade.call("GET", "/v1/keys/aione/%2e%2e"), 404, "route_unknown"],
    ["half an escape", () => facade.call("GET", "/v1/keys/aione/%e0%a4"), 404, "route_unknown"],
    [
      "a way that is not there",
      () => facade.call("POST", `/v1/keys/aione/${id}/unlock`),
      404,
      "route_unknown",
    ],
    [
      "a method that is not taken",
      () => facade.call("PUT", `/v1/keys/aione/${id}`),
      405,
      "method_not_allowed",
    ],
    [
      "a query that is not taken",
      () => facade.call("GET", `/v1/keys/aione/${id}?reveal=1`),
      422,
      "field_unknown",
    ],
    [
      "a body where none is taken",
      () => facade.call("POST", `/v1/keys/aione/${id}/enable`, { force: 1 }),
      422,
      "field_unknown",
    ],
    [
      "a grace below nothing",
      () => facade.call("POST", `/v1/keys/aione/${id}/rotate`, { grace: -1 }),
      422,
      "field_value_invalid",
    ],
    [
      "a grace of years",
      () => facade.call("POST", `/v1/keys/aione/${id}/rotate`, { grace: 1e9 }),
      422,
      "field_value_invalid",
    ],
    ["a page of none", () => facade.call("GET", "/v1/keys?limit=0"), 422, "field_value_invalid"],
    ["a filter by no status", () => facade.call("GET", "/v1/keys?status=dead"), 422, "field_value_invalid"],
    ["a list of another provider", () => facade.call("GET", "/v1/keys?provider=nowhere"), 404, "not_found"],
    [
      "a validator that is none",
      () => facade.call("PATCH", `/v1/keys/aione/${id}`, { name: "x" }, { headers: { "if-match": "1" } }),
      412,
      "version_mismatch",
    ],
    [
      "a stale deletion",
      () =>
        facade.call("DELETE", `/v1/keys/aione/${id}?confirm=${id}`, undefined, {
          headers: { "if-match": '"9"' },
        }),
      412,
      "version_mismatch",
    ],
    [
      "a stale disabling",
      () =>
        facade.call("POST", `/v1/keys/aione/${id}/disable`, undefined, { headers: { "if-match": '"9"' } }),
      412,
      "version_mismatch",
    ],
  ])("%s", async (_, send, status, code) => {
    expectProblem(await send(), status, code, "");
  });
});

it("what was refused changed nothing", async () => {
  expect((await facade.call("GET", `/v1/keys/aione/${id}`)).body).toMatchObject({ key: { version: 1 } });
});
