import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { type AsProxy, bearer, type Headers, outcome, startAsProxy } from "../../support/proxy.ts";
import { send } from "../../support/raw.ts";
import { verifierKeptMs } from "../../support/storage.ts";

/** What a proxy must not do, and what its client must not be able to. */

const refusedPath = [403, "PROXY_QUERY_INVALID"];

let asked: AsProxy;
let keyway: AsProxy["keyway"];
let facade: AsProxy["facade"];
let proxy: AsProxy["proxy"];
let key: AsProxy["key"];
let ask: AsProxy["ask"];
beforeAll(async () => {
  asked = await startAsProxy();
  ({ keyway, facade, proxy, key, ask } = asked);
});
afterAll(() => asked.stop());

describe("the proxy", () => {
  it.each<[what: string, code: string, token: () => Promise<string>]>([
    ["without a token", "PROXY_TOKEN_INVALID", async () => ""],
    ["with a wrong one", "PROXY_TOKEN_INVALID", async () => `${proxy.token}x`],
    ["with two", "PROXY_TOKEN_INVALID", async () => `${proxy.token}, ${proxy.token}`],
    [
      "that may not verify",
      "PROXY_TOKEN_DENIED",
      async () => (await issueCredential(keyway, "viewer")).token,
    ],
  ])("%s is told apart from its clients: %s", async (_, code, token) => {
    const reply = await ask(bearer(key), { token: await token() });
    expect([...outcome(reply), reply.text]).toEqual([403, code, ""]);
  });

  it("without the header asks in vain, though its client knows a token", async () => {
    const headers = { authorization: `Bearer ${proxy.token}` };
    const reply = await send(keyway, { method: "GET", path: "/v1/verify", headers });
    expect(outcome(reply)).toEqual([403, "PROXY_TOKEN_INVALID"]);
  });

  it("whose credential is removed is refused, at once or after what a store keeps it for", async () => {
    const { id, token } = await issueCredential(keyway, "verifier");
    expect(outcome(await ask(bearer(key), { token }))).toEqual([204, "VALID"]);
    await facade.call("DELETE", `/v1/credentials/${id}`);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + verifierKeptMs });
    const refused = outcome(await ask(bearer(key), { token }));
    vi.useRealTimers();
    expect(refused).toEqual([403, "PROXY_TOKEN_INVALID"]);
  });

  it.each([
    ["?modle=a", "The parameter `modle` is not recognized."],
    ["?scope=all", "The parameter `scope` must be one of `full`, `partial`."],
    ["?model=a&model=b", "The query must be `name=value` pairs, each name once."],
    ["?tokens=-1", "The parameter `tokens` must be a whole number of up to 12 digits."],
    ["?valid=201", "The parameter `valid` must be one of `200`, `204`."],
    ["?explain=true", "The parameter `explain` is not recognized."],
    ["?a", "The query must be `name=value` pairs, each name once."],
    ["?provider=none", "There is no provider of this name."],
    ["?sk-nex-pasted-into-a-name=a", "The parameter `?` is not recognized."],
  ])("that asks %s is told so, and the log says what is wrong", async (query, fault) => {
    const { status, headers } = await ask(bearer(key), { query });
    expect([status, headers["x-keyway-status"]]).toEqual([403, "PROXY_QUERY_INVALID"]);
    await new Promise((resolve) => setImmediate(resolve));
    const lines = keyway.log().split("\n").filter(Boolean);
    const line = lines
      .map((text) => JSON.parse(text))
      .find((one) => one.requestId === headers["x-request-id"]);
    expect(line).toMatchObject({ action: "keyway:VerifyForwarded", fault });
  });

  it("of one account never learns of another's keys, and of one provider not of another's", async () => {
    const stranger = await issueAccount(keyway);
    expect(outcome(await ask(bearer(key), { token: stranger.token }))).toEqual([401, "NOT_FOUND"]);
    const limited = await issueCredential(keyway, "verifier", { providers: ["tokenhub"] });
    expect(outcome(await ask(bearer(key), { token: limited.token }))).toEqual([401, "NOT_FOUND"]);
    const named = await ask(bearer(key), { token: limited.token, query: "?provider=aione" });
    expect(outcome(named)).toEqual([403, "PROXY_TOKEN_DENIED"]);
  });

  it("has a token that no other path takes", async () => {
    const headers = { "x-keyway-token": keyway.root.token, ...bearer(key) };
    for (const path of ["/v1/keys", "/v1/verify:batch", "/v1/verify/x/settle", "/api/v1/gateway/keys"]) {
      const method = path.startsWith("/v1/verify") ? "POST" : "GET";
      expect(outcome(await send(keyway, { method, path, headers })), path).toEqual(refusedPath);
    }
  });

  it.each([
    "/v1/verify/",
    "//v1/verify",
    "/v1/verify;x",
    "/v1/./verify",
    "/V1/VERIFY",
    "http://h/v1/verify",
    "/",
  ])("that asks at %s is told so, whatever its client sends", async (path) => {
    const headers = { "x-keyway-token": proxy.token, "x-tc-action": "DescribeApiKeyList" };
    for (const method of ["GET", "POST", "OPTIONS"]) {
      expect(outcome(await send(keyway, { method, path, headers })), method).toEqual(refusedPath);
    }
  });
});

describe("a client of the proxy", () => {
  it.each<[what: string, headers: Headers]>([
    ["an action of the Tencent surface", { "x-tc-action": "DescribeApiKeyList" }],
    ["another method", { "x-http-method-override": "OPTIONS" }],
    ["a preflight", { origin: "https://example.com", "access-control-request-method": "GET" }],
    ["a known version", { "if-none-match": "*" }],
    ["a body", { "content-type": "application/json", "transfer-encoding": "chunked" }],
  ])("passes no door by %s", async (_, headers) => {
    expect(outcome(await ask(headers))).toEqual([401, "KEY_MISSING"]);
    expect(outcome(await ask({ ...headers, ...bearer(key) }))).toEqual([204, "VALID"]);
  });

  it("is never let in, nor a fault of ours, by whatever it sends", async () => {
    const value = fc.stringMatching(/^[\x20-\x7e\xa0-\xff]{0,60}$/);
    const name = fc.constantFrom(
      "authorization",
      "x-api-key",
      "x-gateway-key",
      "x-forwarded-for",
      "x-tc-action",
    );
    const query = fc.constantFrom("", "?model=a", "?scope=partial");
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, value), query, async (headers, asked) => {
        const reply = await ask(headers, { query: asked });
        expect([401, reply.text]).toEqual([reply.status, ""]);
      }),
    );
  });

  it("sends two Authorization lines in vain", async () => {
    const lines = [`Bearer ${key.secret}`, "Bearer another"];
    const reply = await send(keyway, {
      method: "GET",
      path: "/v1/verify",
      headers: { "x-keyway-token": proxy.token, authorization: lines },
    });
    expect(outcome(reply)).toEqual([401, "KEY_MALFORMED"]);
  });
});

it("no secret is in a log line, and refusals of proxies are counted", async () => {
  await ask(bearer(key), { token: `${proxy.token}-wrong` });
  await new Promise((resolve) => setImmediate(resolve));
  expect(keyway.log()).toContain('"action":"keyway:VerifyForwarded"');
  for (const secret of [key.secret, proxy.token, keyway.root.token]) {
    expect(keyway.log().includes(secret)).toBe(false);
  }
  await keyway.house.refusals.flush();
  const { text } = await facade.call("GET", "/v1/audit/refusals?limit=100");
  expect(text).toContain("keyway:VerifyForwarded");
  expect(text.includes(key.secret)).toBe(false);
});
