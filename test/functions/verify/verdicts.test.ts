import { createSecretKey, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signGateway } from "../../../lib/signing/gateway-hmac.ts";
import { callFacade, issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { sdkClient } from "../../support/sdk.ts";
import { pairOf, tokenOf, verifierOf } from "../../support/verify-client.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let verifier: ReturnType<typeof verifierOf>;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
  verifier = verifierOf(keyway);
});
afterAll(() => keyway.stop());

const ip = "192.0.2.7";
/** AIone's teams are UUIDs. */
const team = randomUUID();
const free = { ip, model: "m", endpoint: "e" };

describe("a key of each provider that can be verified", () => {
  it.each(["tokenhub", "apigateway", "aione"])(
    "%s: its verdict is that of the key at this moment",
    async (provider) => {
      const issued = await facade.create(provider, { name: "good", owner: { team } });
      const { id, version } = issued.key;
      const shown = provider === "apigateway" ? { key: pairOf(issued) } : { key: tokenOf(issued) };
      const codes = async (): Promise<string> => (await verifier.verify({ ...shown, ...free })).code;
      expect(await verifier.verify({ ...shown, ...free })).toMatchObject({
        valid: true,
        code: "VALID",
        keyId: id,
        provider,
        name: "good",
        owner: { team },
        generation: 1,
        graceUntil: null,
        limits: { mode: "exact", overAdmission: 0 },
      });
      const change = (verb: string) =>
        facade.call("POST", `/v1/keys/${provider}/${id}/${verb}`, {}, { headers: { "if-match": "*" } });
      await change("disable");
      expect(await codes()).toBe("DISABLED");
      await change("enable");
      expect(await codes()).toBe("VALID");
      await change("disable");
      const removed = await facade.call("DELETE", `/v1/keys/${provider}/${id}?confirm=${id}`, undefined, {
        headers: { "if-match": "*" },
      });
      expect([removed.status, version]).toEqual([204, 1]);
      expect(await codes()).toBe("NOT_FOUND");
    },
  );

  it("says nothing of a key that is not there", async () => {
    expect(await verifier.verify({ key: "sk-nobody" })).toEqual({
      valid: false,
      code: "NOT_FOUND",
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ...Object.fromEntries(
        [
          "keyId",
          "provider",
          "name",
          "owner",
          "scope",
          "generation",
          "remaining",
          "expiresAt",
          "graceUntil",
          "limits",
          "retryAfter",
        ].map((field) => [field, null]),
      ),
    });
  });
});

const either = { scope: { models: ["gpt"], endpoints: ["chat"] } };

describe("the rules of a key", () => {
  type Row = readonly [title: string, key: object, ask: object, query: string, code: string];
  it.each<Row>([
    ["an address that is allowed", { ipAllowlist: ["192.0.2.0/24"] }, { ip }, "", "VALID"],
    ["one that is mapped into IPv6", { ipAllowlist: ["192.0.2.0/24"] }, { ip: `::ffff:${ip}` }, "", "VALID"],
    ["one that is not allowed", { ipAllowlist: ["192.0.2.0/24"] }, { ip: "198.51.100.1" }, "", "IP_DENIED"],
    [
      "no address where some are allowed",
      { ipAllowlist: ["192.0.2.0/24"] },
      {},
      "?scope=partial",
      "IP_DENIED",
    ],
    ["a model of the key", { scope: { models: ["gpt"] } }, { model: "gpt" }, "", "VALID"],
    ["another model", { scope: { models: ["gpt"] } }, { model: "GPT" }, "", "MODEL_DENIED"],
    ["no model", { scope: { models: ["gpt"] } }, {}, "", "MODEL_DENIED"],
    ["no model, in part", { scope: { models: ["gpt"] } }, {}, "?scope=partial", "VALID"],
    [
      "another model, in part",
      { scope: { models: ["gpt"] } },
      { model: "x" },
      "?scope=partial",
      "MODEL_DENIED",
    ],
    ["another endpoint", { scope: { endpoints: ["chat"] } }, { endpoint: "embed" }, "", "ENDPOINT_DENIED"],
    ["no endpoint", { scope: { endpoints: ["chat"] } }, {}, "", "ENDPOINT_DENIED"],
    ["a model of two lists", either, { model: "gpt" }, "", "VALID"],
    ["an endpoint of two lists", either, { endpoint: "chat" }, "", "VALID"],
    ["its endpoint and another model", either, { model: "x", endpoint: "chat" }, "", "VALID"],
    ["its model and another endpoint", either, { model: "gpt", endpoint: "x" }, "", "VALID"],
    ["another model of two lists", either, { model: "x" }, "?scope=partial", "MODEL_DENIED"],
    ["another endpoint of two lists", either, { endpoint: "x" }, "?scope=partial", "ENDPOINT_DENIED"],
    ["neither of both", either, { model: "x", endpoint: "y" }, "", "MODEL_DENIED"],
    ["nothing of two lists", either, {}, "", "MODEL_DENIED"],
    ["nothing of two lists, in part", either, {}, "?scope=partial", "VALID"],
    ["an end that is ahead", { expiresAt: "2099-01-01T00:00:00.000Z" }, {}, "", "VALID"],
    ["another provider than the key's", {}, { provider: "tokenhub" }, "", "NOT_FOUND"],
    ["the key's provider", {}, { provider: "aione" }, "", "VALID"],
  ])("%s", async (_, of, ask, query, code) => {
    const key = tokenOf(await facade.create("aione", of));
    expect((await verifier.verify({ key, ...ask }, { query })).code).toBe(code);
  });

  it("a key that TokenHub's own client binds to an endpoint is good for it, whatever the model", async () => {
    const client = sdkClient(keyway);
    const { ApiKeyId = "" } = await client.CreateApiKey({
      ApiKeyName: "bound",
      Platform: "maas",
      BindType: "model_custom_endpoint_custom",
      Bindings: [{ ResourceType: "endpoint", ResourceId: "ep-12345678" }],
    });
    const { ApiKey = "" } = await client.DescribeApiKey({ ApiKeyId, Platform: "maas" });
    const codeOf = async (ask: object): Promise<string> =>
      (await verifier.verify({ key: ApiKey, ip, ...ask })).code;
    expect(await codeOf({ endpoint: "ep-12345678" })).toBe("VALID");
    expect(await codeOf({ endpoint: "ep-12345678", model: "m" })).toBe("VALID");
    expect(await codeOf({ endpoint: "ep-87654321", model: "m" })).toBe("MODEL_DENIED");
    expect(await codeOf({ model: "m" })).toBe("MODEL_DENIED");
  });

  it("an end that has come is the end", async () => {
    const at = new Date(Date.now() + 40).toISOString();
    const key = tokenOf(await facade.create("aione", { expiresAt: at }));
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await verifier.verify({ key, ...free })).toMatchObject({ code: "EXPIRED", expiresAt: at });
  });

  it("an explanation lists them all and takes nothing", async () => {
    const limits = { requestsPerMinute: 1, tokenQuotas: [{ cycle: "day", tokens: "10", startDay: null }] };
    const key = tokenOf(await facade.create("aione", { ipAllowlist: ["10.0.0.1"], limits }));
    const ask = { key, ip: "10.0.0.2", cost: { tokens: 11 } };
    for (let turn = 0; turn < 3; turn += 1) {
      const { code, explain, remaining } = await verifier.verify(ask, { query: "?explain=true" });
      expect([code, remaining]).toEqual([
        "IP_DENIED",
        { requestsPerMinute: 1, tokensPerMinute: null, tokenQuotas: [{ cycle: "day", tokens: "10" }] },
      ]);
      expect(explain?.map(({ rule, outcome }) => `${rule} ${outcome}`)).toEqual([
        "status passed",
        "expiresAt passed",
        "ipAllowlist failed",
        "account.ipAllowlist passed",
        "scope.models passed",
        "scope.endpoints passed",
        "limits.requestsPerMinute passed",
        "limits.tokenQuotas.0 failed",
      ]);
    }
  });
});

describe("a rotated key", () => {
  it("is told by its generations, and the old secret ends with its grace", async () => {
    const issued = await facade.create("aione");
    const old = tokenOf(issued);
    const rotate = (grace: number) =>
      facade.call(
        "POST",
        `/v1/keys/aione/${issued.key.id}/rotate`,
        { grace },
        { headers: { "if-match": "*" } },
      );
    const next = tokenOf((await rotate(60)).body as { material: unknown });
    expect(await verifier.verify({ key: next, ...free })).toMatchObject({
      code: "VALID",
      generation: 2,
      graceUntil: null,
    });
    expect(await verifier.verify({ key: old, ...free })).toMatchObject({
      code: "VALID",
      generation: 1,
      graceUntil: expect.stringMatching(/Z$/),
    });
    const last = tokenOf((await rotate(0)).body as { material: unknown });
    const codes = [old, next, last].map(async (key) => (await verifier.verify({ key, ...free })).code);
    expect(await Promise.all(codes)).toEqual(["NOT_FOUND", "NOT_FOUND", "VALID"]);
  });
});

describe("a pair of API Gateway", () => {
  it("is shown whole, or by a signature, and one half proves nothing", async () => {
    const issued = await facade.create("apigateway");
    const { id, secret } = pairOf(issued);
    const other = pairOf(await facade.create("apigateway"));
    const headers = { "x-date": new Date().toUTCString(), source: "shop" };
    const authorization = signGateway(headers, { id, key: createSecretKey(secret, "utf8") });
    const forged = signGateway(headers, { id, key: createSecretKey(other.secret, "utf8") });
    const stale = { ...headers, "x-date": new Date(Date.now() - 3_600_000).toUTCString() };
    const late = signGateway(stale, { id, key: createSecretKey(secret, "utf8") });
    const asks = [
      { id, secret },
      { key: { id, secret } },
      { signed: { authorization, headers } },
      { key: { id: other.id, secret } },
      { key: secret },
      { key: id },
      { signed: { authorization: forged, headers } },
      { signed: { authorization, headers: { ...headers, source: "attacker" } } },
      { signed: { authorization: late, headers: stale } },
      { signed: { authorization: "hmac nonsense", headers } },
    ];
    const codes = asks.map(async (ask) => (await verifier.verify({ ...ask, ...free })).code);
    expect(await Promise.all(codes)).toEqual([
      "VALID",
      "VALID",
      "VALID",
      ...Array.from({ length: 7 }, () => "NOT_FOUND"),
    ]);
  });
});

describe("who may ask", () => {
  it("another account is told that there is no such key, as if there were none", async () => {
    const key = tokenOf(await facade.create("aione"));
    const { token } = await issueAccount(keyway);
    const [foreign, missing] = await Promise.all(
      [key, "sk-nex-nobody"].map((one) => verifier.ask({ key: one, ...free }, { token })),
    );
    const neutral = (text = ""): string => text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "");
    expect(neutral(foreign?.text)).toBe(neutral(missing?.text));
    expect(foreign?.body).toMatchObject({ code: "NOT_FOUND" });
  });

  it("a verifier verifies and does nothing else; a viewer does not; one of another provider finds nothing", async () => {
    const key = tokenOf(await facade.create("aione"));
    const [only, viewer, elsewhere] = await Promise.all([
      issueCredential(keyway, "verifier"),
      issueCredential(keyway, "viewer"),
      issueCredential(keyway, "verifier", { providers: ["tokenhub"] }),
    ]);
    expect((await verifier.verify({ key, ...free }, only)).code).toBe("VALID");
    expect((await callFacade(keyway, "GET", "/v1/keys", { token: only.token })).status).toBe(403);
    expect((await verifier.ask({ key }, viewer)).body).toMatchObject({ code: "permission_denied" });
    expect((await verifier.verify({ key, ...free }, elsewhere)).code).toBe("NOT_FOUND");
    expect((await verifier.ask({ key, provider: "aione" }, elsewhere)).body).toMatchObject({
      code: "permission_denied",
    });
  });
});

describe("many keys at once", () => {
  it("are answered in their order", async () => {
    const keys = await Promise.all([1, 2, 3].map(async () => tokenOf(await facade.create("aione"))));
    const reply = await callFacade(keyway, "POST", "/v1/verify:batch", {
      body: { keys: [keys[2], "nobody", keys[0], keys[1]].map((key) => ({ key, ...free })) },
    });
    const { verdicts } = reply.body as { verdicts: readonly { code: string; requestId: string }[] };
    expect(verdicts.map(({ code }) => code)).toEqual(["VALID", "NOT_FOUND", "VALID", "VALID"]);
    expect(new Set(verdicts.map(({ requestId }) => requestId)).size).toBe(4);
  });

  const codesOf = async (query: string, keys: readonly object[]): Promise<readonly string[]> => {
    const reply = await callFacade(keyway, "POST", `/v1/verify:batch${query}`, { body: { keys } });
    const { verdicts } = reply.body as { verdicts: readonly { code: string; explain?: object }[] };
    return verdicts.map(({ code, explain }) => (explain === undefined ? code : `${code}, explained`));
  };

  it("are explained without taking anything", async () => {
    const limited = tokenOf(await facade.create("aione", { limits: { requestsPerMinute: 100 } }));
    const keys = Array.from({ length: 60 }, () => ({ key: limited, ...free }));
    const explained = [...keys.map(() => "VALID, explained"), "NOT_FOUND, explained"];
    for (let call = 0; call < 2; call += 1) {
      expect(await codesOf("?explain=true", [...keys, { key: "nobody" }])).toEqual(explained);
    }
    expect(await codesOf("", keys)).toEqual(keys.map(() => "VALID"));
  });

  it("are each held to what is named alone, where that is asked for", async () => {
    const scoped = tokenOf(await facade.create("aione", { scope: { models: ["m"] } }));
    const keys = [{ key: scoped }, { key: scoped, model: "m" }, { key: scoped, model: "n" }];
    expect(await codesOf("?scope=partial", keys)).toEqual(["VALID", "VALID", "MODEL_DENIED"]);
    expect(await codesOf("", keys)).toEqual(["MODEL_DENIED", "VALID", "MODEL_DENIED"]);
  });
});
