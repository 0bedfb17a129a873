import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { UsageReply } from "../../../lib/schemas/usage.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf, type Issued } from "../../support/facade-client.ts";
import { madeUpRoot, startKeyway, type TestKeyway, temporaryFolder } from "../../support/keyway.ts";
import { secretOf, spend } from "../../support/usage.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());

const noon = Date.parse("2026-07-01T12:00:30Z");
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: noon });
});
afterEach(() => {
  vi.useRealTimers();
});

const read = async (query: Record<string, string>, token?: string): Promise<UsageReply> => {
  const reply = await facade.call(
    "GET",
    `/v1/usage?${new URLSearchParams(query)}`,
    undefined,
    token === undefined ? {} : { token },
  );
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  return reply.body as UsageReply;
};

describe("usage of a key", () => {
  it("has what was just counted: outcomes, tokens, latencies, step by step", async () => {
    const issued = await facade.create("aione", { scope: { models: ["gpt-5.4"] } });
    const key = secretOf(issued);
    const { id } = issued.key;
    const ask = { model: "gpt-5.4", cost: { tokens: 500 } };
    const settled = { inputTokens: 200, outputTokens: 100, cacheTokens: 50, latencyMs: 640, outcome: "ok" };
    expect(await spend(facade, key, ask, settled)).toBe("VALID");
    expect(await spend(facade, key, ask, { outcome: "error" })).toBe("VALID");
    expect(await spend(facade, key, { model: "another" })).toBe("MODEL_DENIED");
    vi.setSystemTime(noon + 60_000);
    expect(await spend(facade, key, ask)).toBe("VALID");

    const usage = await read({ provider: "aione", id, step: "minute" });
    const minute = {
      requests: 3,
      outcomes: { MODEL_DENIED: 1, VALID: 2 },
      failed: 1,
      // What is not measured comes to what was reserved.
      tokens: { input: 200, output: 100, cache: 50, reserved: 1000, spent: 800 },
    };
    expect(usage).toMatchObject({
      from: "2026-07-01T11:38:00.000Z",
      to: "2026-07-01T12:02:00.000Z",
      step: "minute",
      groupBy: null,
      total: {
        requests: 4,
        outcomes: { MODEL_DENIED: 1, VALID: 3 },
        tokens: { reserved: 1500, spent: 1300 },
      },
      items: [
        { time: "2026-07-01T12:00:00.000Z", group: null, ...minute },
        { time: "2026-07-01T12:01:00.000Z", group: null, requests: 1, failed: 0, latency: null },
      ],
      groupsLeft: 0,
    });
    const latency = usage.items[0]?.latency;
    expect(latency).toMatchObject({ calls: 1, meanMs: 640 });
    for (const told of [latency?.p50Ms, latency?.p95Ms, latency?.p99Ms]) {
      expect(Math.abs((told ?? 0) - 640)).toBeLessThan(640 * 0.05);
    }
    for (const step of ["hour", "day"]) {
      const { total, items } = await read({ provider: "aione", id, step });
      expect(total).toEqual(usage.total);
      expect(items).toHaveLength(1);
    }
    // A reading of its usage does not read the key's secret.
    expect(JSON.stringify(usage)).not.toContain(key);
  });

  it("counts on after the key is gone", async () => {
    const issued = await facade.create("tokenhub");
    await spend(facade, secretOf(issued));
    const { id } = issued.key;
    await facade.call("DELETE", `/v1/keys/tokenhub/${id}?confirm=${id}`, undefined, {
      headers: { "if-match": "*" },
    });
    expect((await read({ provider: "tokenhub", id })).total.requests).toBe(1);
  });
});

describe("usage of an account", () => {
  let tenant: { readonly token: string };
  let keys: readonly Issued[];
  const options = () => ({ token: tenant.token });
  beforeAll(async () => {
    tenant = await issueAccount(keyway);
    vi.useFakeTimers({ toFake: ["Date"], now: noon });
    const team = (name: string) => ({ owner: { team: name } });
    keys = [
      await facade.create("apigateway", { name: "first" }, options()),
      await facade.create("aione", team("0b6c7d1e-3a52-4d5a-9a56-0d9f4e4c1a11"), options()),
      await facade.create("tokenhub", {}, options()),
    ];
    const [, one, two] = keys.map((issued) => issued);
    if (one === undefined || two === undefined) throw new Error("no keys");
    const call = (of: Issued, ask: object) => spend(facade, secretOf(of), ask, undefined, tenant.token);
    for (const model of ["gpt-5.4", "gpt-5.4", "claude-sonnet-4-6"]) await call(one, { model });
    await call(two, { model: "gpt-5.4", endpoint: "ep-1" });
    await spend(facade, "sk-not-one-of-ours", {}, undefined, tenant.token);
    vi.useRealTimers();
  });

  const groups = async (query: Record<string, string>): Promise<readonly unknown[]> =>
    (await read(query, tenant.token)).items.map(({ group, requests }) => [group, requests]);

  it("is told apart by what is asked for, the most called first", async () => {
    const [, one, two] = keys;
    expect(await groups({ groupBy: "provider" })).toEqual([
      ["aione", 3],
      [null, 1],
      ["tokenhub", 1],
    ]);
    expect(await groups({ groupBy: "id" })).toEqual([
      [`aione/${one?.key.id}`, 3],
      [null, 1],
      [`tokenhub/${two?.key.id}`, 1],
    ]);
    expect(await groups({ groupBy: "model" })).toEqual([
      ["gpt-5.4", 3],
      [null, 1],
      ["claude-sonnet-4-6", 1],
    ]);
    expect(await groups({ groupBy: "endpoint", provider: "tokenhub" })).toEqual([["ep-1", 1]]);
    expect(await groups({ groupBy: "team", provider: "aione" })).toEqual([
      ["0b6c7d1e-3a52-4d5a-9a56-0d9f4e4c1a11", 3],
    ]);
  });

  it.each<[Record<string, string>, number]>([
    [{}, 5],
    [{ provider: "aione" }, 3],
    [{ team: "0b6c7d1e-3a52-4d5a-9a56-0d9f4e4c1a11" }, 3],
    [{ model: "gpt-5.4" }, 3],
    [{ model: "gpt-5.4", provider: "tokenhub" }, 1],
    [{ endpoint: "ep-1" }, 1],
    [{ to: "2026-07-01T12:00:00Z" }, 0],
    [{ from: "2026-07-01T12:59:59Z", to: "2026-07-01T13:00:00Z" }, 5],
    [{ step: "minute", from: "2026-07-01T14:00:00+02:00", to: "2026-07-01T14:01:00+02:00" }, 5],
  ])("is what %j asks for", async (query, requests) => {
    expect((await read(query, tenant.token)).total.requests).toBe(requests);
  });

  it("is nobody else's", async () => {
    const id = keys[1]?.key.id ?? "";
    const other = await issueAccount(keyway);
    expect((await read({ provider: "aione", id }, other.token)).total.requests).toBe(0);
    expect((await read({}, other.token)).total.requests).toBe(0);
    expect((await read({ provider: "aione", id })).total.requests).toBe(0);
  });

  it("is read by who may, of the providers that they may", async () => {
    const verifier = await issueCredential(keyway, "verifier", options());
    const reply = await facade.call("GET", "/v1/usage", undefined, { token: verifier.token });
    expect([reply.status, reply.body]).toMatchObject([403, { code: "permission_denied" }]);
    const viewer = await issueCredential(keyway, "viewer", { ...options(), providers: ["tokenhub"] });
    expect((await read({}, viewer.token)).total.requests).toBe(1);
    const foreign = await facade.call("GET", "/v1/usage?provider=aione", undefined, { token: viewer.token });
    expect([foreign.status, foreign.body]).toMatchObject([403, { code: "permission_denied" }]);
  });

  it("lists a hundred groups, and tells how many it does not", async () => {
    const crowd = await issueAccount(keyway);
    const { token } = crowd;
    const [busy, idle] = [
      secretOf(await facade.create("aione", {}, { token })),
      secretOf(await facade.create("aione", {}, { token })),
    ];
    const call = (key: string, model: string) => spend(facade, key, { model }, undefined, token);
    await Promise.all(Array.from({ length: 60 }, (_, n) => call(busy, `m-${n}`)));
    await Promise.all(Array.from({ length: 60 }, (_, n) => call(idle, `m-${n + 45}`)));
    const usage = await read({ groupBy: "model" }, token);
    expect(usage.items).toHaveLength(100);
    expect(usage).toMatchObject({ groupsLeft: 5, total: { requests: 120 } });
    expect(usage.items[0]).toMatchObject({ group: "m-45", requests: 2 });
  });
});

describe("a reading is refused", () => {
  it.each<[string, string, number, string, string]>([
    ["of an unknown field", "?key=x", 422, "field_unknown", "key"],
    ["of another step", "?step=week", 422, "field_value_invalid", "step"],
    ["by another group", "?groupBy=ip", 422, "field_value_invalid", "groupBy"],
    ["of a time that is none", "?from=yesterday", 422, "field_value_invalid", "from"],
    ["of a time without a zone", "?to=2026-07-01T00:00:00", 422, "field_value_invalid", "to"],
    ["of a key without its provider", "?id=x", 422, "field_missing", "provider"],
    ["of a provider that is not there", "?provider=nowhere", 404, "not_found", "provider"],
    ["of an empty name", "?model=", 422, "field_value_invalid", "model"],
    ["of a name twice", "?model=a&model=b", 400, "common_malformed", ""],
    [
      "of no time at all",
      "?from=2026-07-01T11:00:00Z&to=2026-07-01T11:00:00Z",
      422,
      "field_value_invalid",
      "from",
    ],
    ["backwards", "?from=2026-07-01T11:00:00Z&to=2026-07-01T10:00:00Z", 422, "field_value_invalid", "from"],
    [
      "of the future",
      "?from=2026-07-01T12:01:00Z&to=9999-12-31T23:59:59.999Z",
      422,
      "field_value_invalid",
      "from",
    ],
    ["of 1,501 minutes", "?step=minute&from=2026-06-30T11:00:00Z", 422, "field_value_invalid", "from"],
    ["of 101 hours by model", "?groupBy=model&from=2026-06-27T08:00:00Z", 422, "field_value_invalid", "from"],
    [
      "of minutes that are not kept any more",
      "?step=minute&from=2026-06-23T11:58:00Z&to=2026-06-23T13:00:00Z",
      422,
      "field_value_invalid",
      "from",
    ],
  ])("%s", async (_, query, status, code, path) => {
    const reply = await facade.call("GET", `/v1/usage${query}`);
    expect([reply.status, reply.body]).toMatchObject([status, { code }]);
    const { errors = [] } = reply.body as { errors?: readonly { path: string }[] };
    if (path !== "") expect(errors.map((error) => error.path)).toContain(path);
  });

  it.each([
    "?step=minute&from=2026-06-30T11:01:00Z",
    "?groupBy=model&from=2026-06-27T09:00:00Z",
    "?step=minute&from=2026-06-23T12:01:00Z&to=2026-06-23T13:00:00Z",
    "?step=day&from=2024-04-22T00:00:00Z",
  ])("not of as much as there may be: %s", async (query) => {
    expect((await facade.call("GET", `/v1/usage${query}`)).status).toBe(200);
  });
});

it("a server that ends has written all that it counted", async () => {
  const folder = temporaryFolder();
  const root = madeUpRoot();
  const first = await startKeyway({ folder, root, keep: true });
  const key = secretOf(await facadeOf(first).create("aione"));
  for (let n = 0; n < 5; n++) await spend(facadeOf(first), key, {}, { inputTokens: 1, latencyMs: 5 });
  await first.stop();
  const second = await startKeyway({ folder, root, keep: true });
  const { body } = await facadeOf(second).call("GET", "/v1/usage");
  await second.stop();
  rmSync(folder, { recursive: true, force: true });
  expect(body).toMatchObject({ total: { requests: 5, tokens: { input: 5 }, latency: { calls: 5 } } });
});
