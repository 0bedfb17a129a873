import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { tokenOf, verifierOf } from "../../support/verify-client.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let verifier: ReturnType<typeof verifierOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
  verifier = verifierOf(keyway);
});
afterAll(() => keyway.stop());

const account = async () => {
  const principal = await keyway.house.authenticator.byToken(keyway.root.token);
  if (principal === undefined) throw new Error("the root is not there");
  return { principal };
};

const issue = async (tokens: string): Promise<string> =>
  tokenOf(
    await facade.create("aione", {
      limits: { tokenQuotas: [{ cycle: "lifetime", tokens, startDay: null }] },
    }),
  );
const call = (key: string, tokens: number, more: object = {}) =>
  verifier.verify({ key, ip: "192.0.2.1", model: "m", endpoint: "e", cost: { tokens }, ...more });
const left = async (key: string): Promise<string | undefined> =>
  (await verifier.verify({ key, cost: { tokens: 0 } }, { query: "?explain=true" })).remaining?.tokenQuotas[0]
    ?.tokens;

describe("a settlement", () => {
  it("gives back what was not used, and charges what was used beyond", async () => {
    const key = await issue("1000");
    const { requestId } = await call(key, 400);
    expect(await left(key)).toBe("600");
    const settled = await verifier.settle(requestId, { inputTokens: 100, outputTokens: 50, cacheTokens: 30 });
    expect(settled.body).toEqual({ keyId: expect.any(String), provider: "aione", reserved: 400, spent: 150 });
    expect(await left(key)).toBe("850");
    const next = await call(key, 100);
    await verifier.settle(next.requestId, { outputTokens: 600 });
    expect(await left(key)).toBe("250");
  });

  it("gives nothing back to a budget that was set after the call", async () => {
    const issued = await facade.create("aione");
    const key = tokenOf(issued);
    const early = await call(key, 1_000_000);
    const quota = { limits: { tokenQuotas: [{ cycle: "lifetime", tokens: "1000", startDay: null }] } };
    await facade.call("PATCH", `/v1/keys/aione/${issued.key.id}`, quota, { headers: { "if-match": "*" } });
    expect((await call(key, 900)).code).toBe("VALID");
    expect((await verifier.settle(early.requestId, { inputTokens: 0 })).status).toBe(200);
    expect(await left(key)).toBe("100");
    expect((await call(key, 101)).code).toBe("QUOTA_EXCEEDED");
  });

  it("of any size leaves a key that can be asked for, and a spent quota lets in nothing, not even nothing", async () => {
    const key = await issue("100000");
    const receipts = await Promise.all(Array.from({ length: 100 }, () => call(key, 0)));
    const most = { inputTokens: 1_000_000_000_000, outputTokens: 1_000_000_000_000 };
    const settled = await Promise.all(receipts.map(({ requestId }) => verifier.settle(requestId, most)));
    expect(new Set(settled.map(({ status }) => status))).toEqual(new Set([200]));
    // As a hundred times as many settlements would leave it.
    const { principal } = await account();
    const counter = `aione/${receipts[0]?.keyId}/lifetime`;
    const move = { counter, window: "lifetime", until: null, by: Number.MAX_SAFE_INTEGER };
    for (const id of ["a", "b"]) {
      await keyway.house.store.settle(principal.account.id, id, "2099-01-01T00:00:00.000Z", [move]);
    }
    expect((await call(key, 0)).code).toBe("QUOTA_EXCEEDED");
    expect(await verifier.verify({ key, cost: { tokens: 0 } }, { query: "?explain=true" })).toMatchObject({
      code: "QUOTA_EXCEEDED",
      explain: expect.arrayContaining([
        { rule: "limits.tokenQuotas.0", outcome: "failed", code: "QUOTA_EXCEEDED" },
      ]),
    });
  });

  it("of an overrun blocks the next call", async () => {
    const key = await issue("100");
    const { requestId } = await call(key, 10);
    await verifier.settle(requestId, { inputTokens: 5000 });
    expect(await left(key)).toBe("0");
    expect((await call(key, 1)).code).toBe("QUOTA_EXCEEDED");
  });

  it("that never comes leaves what was reserved spent, and so does one without tokens", async () => {
    const key = await issue("100");
    await call(key, 30);
    const { requestId } = await call(key, 30);
    expect((await verifier.settle(requestId, { latencyMs: 12.5, outcome: "error" })).body).toMatchObject({
      reserved: 30,
      spent: 30,
    });
    expect(await left(key)).toBe("40");
  });

  it("counts once, however often and however fast it is sent", async () => {
    const key = await issue("1000");
    const { requestId } = await call(key, 500);
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => verifier.settle(requestId, { inputTokens: 100 })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([
      200,
      ...Array.from({ length: 11 }, () => 409),
    ]);
    expect(replies.find(({ status }) => status === 409)?.body).toMatchObject({ code: "already_settled" });
    expect(await left(key)).toBe("900");
  });

  it("carries models and endpoints of any text", async () => {
    const key = await issue("1000");
    for (const model of ["org/model:latest", "~", '日本 "x" %2F', ":::", "a.b-c_d"]) {
      const { requestId } = await call(key, 10, { model, endpoint: `${model}?` });
      expect(requestId).toMatch(/^[\w.:~-]+$/);
      expect((await verifier.settle(requestId, { inputTokens: 10 })).status).toBe(200);
    }
  });
});

describe("the time of a settlement", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-07-01T23:59:30Z") });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const daily = async (): Promise<string> => {
    const tokenQuotas = [{ cycle: "day", tokens: "100", startDay: null }];
    return tokenOf(await facade.create("aione", { limits: { tokenQuotas } }));
  };

  it("is within a day of the call", async () => {
    const key = await daily();
    const [first, second] = [await call(key, 10), await call(key, 10)];
    vi.setSystemTime(new Date("2026-07-02T23:59:30Z"));
    expect((await verifier.settle(first.requestId, { inputTokens: 10 })).status).toBe(200);
    vi.setSystemTime(new Date("2026-07-02T23:59:30.001Z"));
    expect((await verifier.settle(second.requestId, { inputTokens: 10 })).status).toBe(404);
  });

  it("after its window gives nothing back to the next one, and charges it what was used beyond", async () => {
    const key = await daily();
    const [less, more] = [await call(key, 40), await call(key, 40)];
    vi.setSystemTime(new Date("2026-07-02T00:00:30Z"));
    expect((await call(key, 50)).code).toBe("VALID");
    await verifier.settle(less.requestId, { inputTokens: 0 });
    expect(await left(key)).toBe("50");
    await verifier.settle(more.requestId, { inputTokens: 60 });
    expect(await left(key)).toBe("30");
  });
});

describe("an id of a verification", () => {
  it("is settled as it was given out, by its own account, and by who may verify", async () => {
    const key = await issue("1000");
    const { requestId } = await call(key, 500);
    const [stranger, viewer, elsewhere] = await Promise.all([
      issueAccount(keyway),
      issueCredential(keyway, "viewer"),
      issueCredential(keyway, "verifier", { providers: ["tokenhub"] }),
    ]);
    const changed = [
      requestId.replace(":500:", ":900:"),
      requestId.replace(/:\d{13}:/, ":9999999999999:"),
      requestId.replace(/^.{36}/, keyway.house.uuid()),
      `${requestId.slice(0, -1)}${requestId.endsWith("A") ? "B" : "A"}`,
      requestId.slice(0, 36),
      `${requestId}:`,
      ":",
      "a".repeat(4096),
    ];
    const refused = await Promise.all([
      ...changed.map((id) => verifier.settle(encodeURIComponent(id), { inputTokens: 0 })),
      verifier.settle(requestId, { inputTokens: 0 }, stranger.token),
      verifier.settle(requestId, { inputTokens: 0 }, elsewhere.token),
    ]);
    expect(refused.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 404));
    expect((await verifier.settle(requestId, {}, viewer.token)).status).toBe(403);
    expect(await left(key)).toBe("500");
    expect((await verifier.settle(requestId, { inputTokens: 0 })).status).toBe(200);
    expect(await left(key)).toBe("1000");
  });

  it("of a refused call cannot be settled: nothing was taken that could be given back", async () => {
    const key = await issue("10");
    const refused = await call(key, 11);
    expect(refused.code).toBe("QUOTA_EXCEEDED");
    expect((await verifier.settle(refused.requestId, { inputTokens: 0 })).status).toBe(404);
    const looked = await verifier.verify({ key, cost: { tokens: 1 } }, { query: "?explain=true" });
    expect((await verifier.settle(looked.requestId, { inputTokens: 0 })).status).toBe(404);
    expect(await left(key)).toBe("10");
  });
});

describe("what cannot be asked is refused", () => {
  type Row = readonly [title: string, body: unknown, status: number, code: string, path: string];
  const key = "sk-made-up-for-a-test";
  const expectRefused = async (path: string, row: Row): Promise<void> => {
    const [, body, status, code, at] = row;
    const reply = await facade.call("POST", path, body);
    expect([reply.status, reply.body]).toEqual([status, expect.objectContaining({ status, code })]);
    const { errors = [] } = reply.body as { errors?: readonly { path: string }[] };
    if (at !== "") expect(errors.map((error) => error.path)).toContain(at);
    expect(reply.text).not.toContain(key);
  };

  it.each<Row>([
    ["nothing", {}, 422, "field_missing", "key"],
    ["two keys", { key, id: "a", secret: "b" }, 422, "field_missing", "key"],
    ["half a pair", { id: key }, 422, "field_missing", "key"],
    ["an empty key", { key: "" }, 422, "field_value_invalid", "key"],
    ["a key of another type", { key: 7 }, 422, "field_value_invalid", "key"],
    ["a key beyond all length", { key: "k".repeat(4097) }, 422, "field_value_invalid", "key"],
    ["an address that is none", { key, ip: key }, 422, "field_value_invalid", "ip"],
    ["a field that is not known", { key, region: "x" }, 422, "field_unknown", "region"],
    ["a cost of nothing", { key, cost: { requests: 0 } }, 422, "field_value_invalid", "cost.requests"],
    ["a cost below nothing", { key, cost: { tokens: -1 } }, 422, "field_value_invalid", "cost.tokens"],
    ["half a token", { key, cost: { tokens: 0.5 } }, 422, "field_type_invalid", "cost.tokens"],
    ["a provider that is not there", { key, provider: "nowhere" }, 404, "not_found", "provider"],
    ["a provider that cannot be verified", { key, provider: "csip" }, 422, "unsupported", "verify"],
    [
      "a signature without headers",
      { signed: { authorization: "hmac" } },
      422,
      "field_missing",
      "signed.headers",
    ],
  ])("%s", (...row) => expectRefused("/v1/verify", row));

  it.each<Row>([["a query that is not known", { key }, 422, "field_unknown", "dry"]])("%s", (...row) =>
    expectRefused("/v1/verify?dry=true", row),
  );

  it.each<Row>([
    ["no list", {}, 422, "field_missing", "keys"],
    ["an empty list", { keys: [] }, 422, "field_value_invalid", "keys"],
    [
      "a list too long",
      { keys: Array.from({ length: 101 }, () => ({ key })) },
      422,
      "field_value_invalid",
      "keys",
    ],
    [
      "one of them without a key",
      { keys: [{ key }, { ip: "10.0.0.1" }] },
      422,
      "field_missing",
      "keys.1.key",
    ],
    [
      "one of a provider that is not there",
      { keys: [{ key, provider: "nowhere" }] },
      404,
      "not_found",
      "provider",
    ],
  ])("in a batch: %s", (...row) => expectRefused("/v1/verify:batch", row));

  it.each<Row>([
    ["tokens below nothing", { inputTokens: -1 }, 422, "field_value_invalid", "inputTokens"],
    ["tokens as text", { outputTokens: "7" }, 422, "field_type_invalid", "outputTokens"],
    ["an outcome that is not known", { outcome: "perhaps" }, 422, "field_value_invalid", "outcome"],
    ["a field that is not known", { cost: 1 }, 422, "field_unknown", "cost"],
    ["an id that was never given out", {}, 404, "not_found", ""],
  ])("of a settlement: %s", (...row) => expectRefused("/v1/verify/nobody/settle", row));
});
