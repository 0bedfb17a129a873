import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { callFacade, issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { spend } from "../../support/usage.ts";

const usagePath = "/api/v1/obs/usage";
const dashboardPath = "/api/v1/obs/dashboard";
const team = "0b6c7d1e-3a52-4d5a-9a56-0d9f4e4c1a11";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
/** An account of its own, with a known usage of three days. */
let token: string;
let limited: string;
let open: string;

const at = (time: string): void => {
  vi.setSystemTime(new Date(time));
};
const get = (path: string, as = token) => callFacade(keyway, "GET", path, { token: as });
const createKey = async (body: object): Promise<{ readonly id: string; readonly key: string }> => {
  const reply = await callFacade(keyway, "POST", "/api/v1/gateway/keys", { token, body });
  return z.object({ id: z.string(), key: z.string() }).parse(reply.body);
};

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-07-01T08:00:00Z") });
  keyway = await startKeyway();
  facade = facadeOf(keyway);
  token = (await issueAccount(keyway)).token;
  const one = await createKey({ name: "limited", team_id: team, rpm_limit: 8 });
  const two = await createKey({ name: "open", models_allowed: ["gpt-5.4"] });
  [limited, open] = [one.id, two.id];
  const call = (key: string, model: string, settlement?: object) =>
    spend(facade, key, { model }, settlement, token);
  const settled = (inputTokens: number, outputTokens: number, latencyMs: number, outcome = "ok") => ({
    inputTokens,
    outputTokens,
    latencyMs,
    outcome,
  });
  await call(two.key, "gpt-5.4", settled(1000, 500, 100));
  at("2026-07-03T09:59:10Z");
  for (let n = 0; n < 5; n++) await call(one.key, "gpt-5.4", settled(10, 5, 200));
  await call(one.key, "claude-sonnet-4-6", settled(20, 10, 2000, "error"));
  await call(two.key, "claude-sonnet-4-6"); // not one of its models
  // What is no key of AIone's is not in its figures.
  const { material } = await facade.create("tokenhub", {}, { token });
  await call(String(material?.value), "gpt-5.4", settled(7, 7, 7));
  vi.useRealTimers();
});
afterAll(() => keyway.stop());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-07-03T10:00:20Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the dashboard", () => {
  it("has what was counted, and whole numbers and decimal texts as documented", async () => {
    const { status, body } = await get(`${dashboardPath}?range_days=3`);
    expect(status).toBe(200);
    const dashboard = z.object({ tech: z.looseObject({ p99_latency_ms: z.number() }) }).parse(body);
    // Of seven calls with a latency the slowest; told within 5 percent.
    expect(Math.abs(dashboard.tech.p99_latency_ms - 2000)).toBeLessThan(100);
    expect(body).toEqual({
      view_mode: "tech",
      tech: {
        total_tokens: 1605,
        prompt_tokens: 1070,
        completion_tokens: 535,
        total_requests: 8,
        total_cost_rmb: "0.00",
        avg_latency_ms: 443, // (100 + 5 * 200 + 2000) / 7
        p99_latency_ms: expect.any(Number),
        error_rate_pct: "25.00", // one refused, one failed, of eight
        rpm_usage_pct: "75.00", // six of eight in the last minute
        model_distribution: [
          { model: "gpt-5.4", requests: 6, tokens: 1575 },
          { model: "claude-sonnet-4-6", requests: 1, tokens: 30 },
        ],
        daily_trend: [
          { date: "2026-07-01", requests: 1, tokens: 1500, cost_rmb: "0.00" },
          { date: "2026-07-02", requests: 0, tokens: 0, cost_rmb: "0.00" },
          { date: "2026-07-03", requests: 7, tokens: 105, cost_rmb: "0.00" },
        ],
      },
      business: null,
    });
  });

  it.each([
    ["?range_days=1", 7, 1],
    ["?range_days=2", 7, 2],
    ["", 8, 7],
    ["?range_days=365&unknown=x", 8, 365],
    ["?range_days=1&range_days=3", 8, 3],
  ])("of %s is of whole days, the present one among them", async (query, total_requests, days) => {
    const { body } = await get(`${dashboardPath}${query}`);
    expect(body).toMatchObject({ tech: { total_requests } });
    expect(
      z.object({ tech: z.object({ daily_trend: z.array(z.unknown()).length(days) }) }).safeParse(body),
    ).toMatchObject({ success: true });
  });

  it("of an account without a call is zeros", async () => {
    const { token: other } = await issueAccount(keyway);
    const { status, body } = await get(`${dashboardPath}?range_days=1`, other);
    expect([status, body]).toMatchObject([
      200,
      {
        tech: {
          total_requests: 0,
          avg_latency_ms: 0,
          p99_latency_ms: 0,
          error_rate_pct: "0.00",
          rpm_usage_pct: "0.00",
          model_distribution: [],
        },
      },
    ]);
  });
});

describe("usage", () => {
  const rowsOf = async (query: string, as = token): Promise<readonly unknown[]> => {
    const { status, body } = await get(`${usagePath}${query}`, as);
    expect(status).toBe(200);
    return z.array(z.unknown()).parse(body);
  };
  const row = (
    date: string,
    key_id: string,
    model: string | null,
    requests: number,
    tokens: [number, number],
  ) => ({
    date,
    key_id,
    team_id: key_id === limited ? team : null,
    model,
    requests,
    prompt_tokens: tokens[0],
    completion_tokens: tokens[1],
    total_tokens: tokens[0] + tokens[1],
    cost_rmb: "0.00",
  });

  it("is a bare list by day, key and model", async () => {
    const rows = await rowsOf("?range_days=3");
    expect(rows).toHaveLength(4);
    expect(rows[0]).toEqual(row("2026-07-01", open, "gpt-5.4", 1, [1000, 500]));
    expect(rows).toEqual(
      expect.arrayContaining([
        row("2026-07-03", limited, "gpt-5.4", 5, [50, 25]),
        row("2026-07-03", limited, "claude-sonnet-4-6", 1, [20, 10]),
        row("2026-07-03", open, null, 1, [0, 0]),
      ]),
    );
  });

  it("is of one key, team or model where they are named", async () => {
    expect(await rowsOf(`?key_id=${limited}`)).toHaveLength(2);
    expect(await rowsOf(`?key_id=${limited.toUpperCase()}&model=gpt-5.4`)).toHaveLength(1);
    expect(await rowsOf(`?team_id=${team}`)).toHaveLength(2);
    expect(await rowsOf("?model=gpt-5.4&range_days=1")).toHaveLength(1);
  });

  it("is nobody else's", async () => {
    expect(await rowsOf(`?key_id=${limited}`, keyway.root.token)).toEqual([]);
  });
});

describe.each([usagePath, dashboardPath])("%s", (path) => {
  it.each([
    ["abc", "int_parsing", undefined],
    ["1.5", "int_parsing", undefined],
    ["", "int_parsing", undefined],
    ["0", "greater_than_equal", { ge: 1 }],
    ["-3", "greater_than_equal", { ge: 1 }],
    ["366", "less_than_equal", { le: 365 }],
  ])("refuses range_days=%s in the service's own form", async (value, type, ctx) => {
    const { status, body } = await get(`${path}?range_days=${value}`);
    expect([status, body]).toEqual([
      422,
      {
        detail: [
          {
            type,
            loc: ["query", "range_days"],
            msg: expect.any(String),
            input: value,
            ...(ctx && { ctx }),
          },
        ],
      },
    ]);
  });

  it("is for those who may read usage of this provider", async () => {
    expect((await callFacade(keyway, "GET", path, { token: null })).status).toBe(401);
    const { token: verifier } = await issueCredential(keyway, "verifier", { token });
    const { token: elsewhere } = await issueCredential(keyway, "viewer", { token, providers: ["tokenhub"] });
    for (const one of [verifier, elsewhere]) expect((await get(path, one)).status).toBe(403);
    const { token: viewer } = await issueCredential(keyway, "viewer", { token });
    expect((await get(path, viewer)).status).toBe(200);
  });
});

it("a key that is no UUID is a 422 about the query, and a secret put there is not repeated", async () => {
  const secret = `sk-nex-${"A1b2".repeat(12)}`;
  const reply = await get(`${usagePath}?key_id=${secret}`);
  expect([reply.status, reply.body]).toMatchObject([
    422,
    { detail: [{ type: "uuid_parsing", loc: ["query", "key_id"] }] },
  ]);
  expect(reply.text).not.toContain(secret);
});
