import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type IssuedCredential, issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway, temporaryFolder } from "../../support/keyway.ts";
import { type RawReply, send } from "../../support/raw.ts";

/** The real server, asked as proxies ask: raw requests, because `fetch` would not send some of these headers. */

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let proxy: IssuedCredential;
let key: Shown;
beforeAll(async () => {
  const file = join(temporaryFolder(), "keyway.json");
  writeFileSync(file, JSON.stringify({ verification: { keyHeader: "x-gateway-key", trustedHops: 1 } }));
  keyway = await startKeyway({ env: { KEYWAY_CONFIG: file } });
  facade = facadeOf(keyway);
  proxy = await issueCredential(keyway, "verifier");
  key = await shown({});
});
afterAll(() => keyway.stop());

interface Shown {
  readonly id: string;
  readonly secret: string;
}

const shown = async (body: object, provider = "aione"): Promise<Shown> => {
  const { key: made, material } = await facade.create(provider, body);
  return { id: made.id, secret: String(material?.value ?? material?.secret) };
};

type Headers = Readonly<Record<string, string>>;

const ask = (
  headers: Headers,
  options: { readonly query?: string; readonly method?: string; readonly token?: string } = {},
): Promise<RawReply> =>
  send(keyway, {
    method: options.method ?? "GET",
    path: `/v1/verify${options.query ?? ""}`,
    headers: { "x-keyway-token": options.token ?? proxy.token, ...headers },
  });

const bearer = ({ secret }: Shown): Headers => ({ authorization: `Bearer ${secret}` });
const outcome = ({ status, headers }: RawReply) => [status, headers["x-keyway-status"]];

describe("a good key", () => {
  it("is told of in headers, all of which are there, and in nothing else", async () => {
    const { status, headers, text } = await ask(bearer(key));
    expect([status, text]).toEqual([204, ""]);
    expect(headers).toMatchObject({
      "x-keyway-status": "VALID",
      "x-keyway-key-id": key.id,
      "x-keyway-provider": "aione",
      "x-keyway-owner": "100000000001",
      "x-keyway-team": "",
      "x-keyway-generation": "1",
      "x-keyway-remaining-requests": "",
      "x-keyway-remaining-tokens": "",
      "cache-control": "no-store",
    });
    expect(headers["x-keyway-request-id"]).toMatch(/^[\w.-]{40,}$/);
  });

  it.each<[what: string, headers: (one: Shown) => Headers]>([
    ["x-api-key", ({ secret }) => ({ "x-api-key": secret })],
    ["the configured header", ({ secret }) => ({ "x-gateway-key": secret })],
    ["several headers, the same", ({ secret }) => ({ ...bearer(key), "x-api-key": secret })],
  ])("in %s", async (_, headers) => {
    expect(outcome(await ask(headers(key)))).toEqual([204, "VALID"]);
  });

  it("is found by HEAD, and by whatever method a proxy with a token passes on", async () => {
    for (const method of ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"]) {
      expect(outcome(await ask(bearer(key), { method })), method).toEqual([204, "VALID"]);
      expect(outcome(await ask({}, { method })), method).toEqual([401, "KEY_MISSING"]);
    }
  });

  it("is 200 for a proxy that needs it", async () => {
    const { status, text } = await ask(bearer(key), { query: "?valid=200" });
    expect([status, text]).toEqual([200, ""]);
    expect(outcome(await ask({ "x-api-key": "none" }, { query: "?valid=200" }))).toEqual([401, "NOT_FOUND"]);
  });

  it("has a receipt that settles what was reserved", async () => {
    const limited = await shown({ limits: { tokensPerMinute: 1000 } });
    const { headers } = await ask(bearer(limited), { query: "?tokens=600" });
    expect(headers["x-keyway-remaining-tokens"]).toBe("400");
    const settled = await facade.call("POST", `/v1/verify/${headers["x-keyway-request-id"]}/settle`, {
      inputTokens: 10,
    });
    expect(settled.body).toMatchObject({ keyId: limited.id, reserved: 600, spent: 10 });
  });

  it("has a team of any characters, which reach the application encoded", async () => {
    const team = "Ä, %0a\r\nx-keyway-owner: 1\u{1f511}";
    const { headers } = await ask(bearer(await shown({ owner: { team } }, "tokenhub")));
    expect(headers["x-keyway-team"]).toBe("%C3%84%2C%20%250a%0D%0Ax-keyway-owner%3A%201%F0%9F%94%91");
    expect(headers["x-keyway-owner"]).toBe("100000000001");
  });
});

describe("a signature of a key pair", () => {
  it("holds over the headers that it names, and over no others", async () => {
    const { key: pair, material } = await facade.create("apigateway", {});
    const date = new Date().toUTCString();
    const text = `x-date: ${date}\nsource: app`;
    const signature = createHmac("sha1", String(material?.secret)).update(text).digest("base64");
    const authorization = `hmac id="${pair.id}", algorithm="hmac-sha1", headers="x-date source", signature="${signature}"`;
    const signed = { authorization, "x-date": date, source: "app" };
    expect(outcome(await ask(signed))).toEqual([204, "VALID"]);
    expect(outcome(await ask({ ...signed, source: "another" }))).toEqual([401, "NOT_FOUND"]);
    expect(outcome(await ask({ authorization, "x-date": date }))).toEqual([401, "KEY_MALFORMED"]);
    expect(outcome(await ask({ ...signed, "x-api-key": key.secret }))).toEqual([401, "KEY_AMBIGUOUS"]);
  });
});

describe("a refusal", () => {
  it.each<[what: string, code: string, status: number, make: () => Promise<Headers>, query?: string]>([
    ["no key", "KEY_MISSING", 401, async () => ({})],
    ["two keys", "KEY_AMBIGUOUS", 401, async () => ({ ...bearer(key), "x-api-key": "k" })],
    ["a key that cannot be read", "KEY_MALFORMED", 401, async () => ({ authorization: "Bearer a b" })],
    ["an unknown key", "NOT_FOUND", 401, async () => ({ "x-api-key": `${key.secret}x` })],
    ["the proxy's own token", "NOT_FOUND", 401, async () => ({ "x-api-key": proxy.token })],
    ["a disabled key", "DISABLED", 403, async () => bearer(await disabled())],
    ["a scope and no model", "MODEL_DENIED", 403, async () => bearer(await scoped())],
    ["another model", "MODEL_DENIED", 403, async () => bearer(await scoped()), "?model=other"],
    ["its model", "VALID", 204, async () => bearer(await scoped()), "?model=gpt-5.4"],
    ["a scope that is not asked", "VALID", 204, async () => bearer(await scoped()), "?scope=partial"],
    ["another provider's key", "NOT_FOUND", 401, async () => bearer(key), "?provider=tokenhub"],
    ["its provider", "VALID", 204, async () => bearer(key), "?provider=aione"],
  ])("%s: %s", async (_, code, status, make, query = "") => {
    const reply = await ask(await make(), { query });
    expect([...outcome(reply), reply.text]).toEqual([status, code, ""]);
    expect("www-authenticate" in reply.headers).toBe(status === 401);
    if (status === 401) expect(reply.headers["www-authenticate"]).toMatch(/^Bearer realm="keyway"/);
    if (status !== 204) expect(reply.headers).not.toHaveProperty("x-keyway-key-id");
  });

  const disabled = async (): Promise<Shown> => {
    const one = await shown({});
    await facade.call("POST", `/v1/keys/aione/${one.id}/disable`);
    return one;
  };
  const scoped = (): Promise<Shown> => shown({ scope: { models: ["gpt-5.4"], endpoints: "all" } });

  it("follows a disable at the very next request, and an enable", async () => {
    const one = await shown({});
    for (let round = 0; round < 5; round++) {
      expect(outcome(await ask(bearer(one)))).toEqual([204, "VALID"]);
      await facade.call("POST", `/v1/keys/aione/${one.id}/disable`);
      expect(outcome(await ask(bearer(one)))).toEqual([403, "DISABLED"]);
      await facade.call("POST", `/v1/keys/aione/${one.id}/enable`);
    }
  });

  it("of a limit tells when to come again; of a spent lifetime it cannot", async () => {
    const limited = await shown({ limits: { requestsPerMinute: 2 } });
    // Whenever a minute ends in between: it has two calls, and its neighbour two.
    const replies: RawReply[] = [];
    for (let call = 0; call < 5; call++) replies.push(await ask(bearer(limited)));
    const refused = replies.filter((reply) => reply.status !== 204);
    expect(refused.map(outcome)).toContainEqual([403, "RATE_LIMITED"]);
    for (const { headers } of refused) {
      expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(1);
      expect(Number(headers["retry-after"])).toBeLessThanOrEqual(60);
    }
    const quota = { cycle: "lifetime", tokens: "5", startDay: null };
    const spent = await shown({ limits: { tokenQuotas: [quota] } });
    const reply = await ask(bearer(spent), { query: "?tokens=6" });
    expect(outcome(reply)).toEqual([403, "QUOTA_EXCEEDED"]);
    expect(reply.headers).not.toHaveProperty("retry-after");
    expect(outcome(await ask(bearer(spent), { query: "?tokens=6&limited=429" }))).toEqual([
      429,
      "QUOTA_EXCEEDED",
    ]);
    expect(outcome(await ask({ "x-api-key": "none" }, { query: "?limited=429" }))).toEqual([
      401,
      "NOT_FOUND",
    ]);
  });
});

describe("the client's address", () => {
  const from = (forwarded: string | undefined): Headers =>
    forwarded === undefined ? {} : { "x-forwarded-for": forwarded };

  it.each<[forwarded: string | undefined, code: string]>([
    ["203.0.113.7", "VALID"],
    ["198.51.100.1, 203.0.113.7", "VALID"],
    ["203.0.113.7, 198.51.100.1", "IP_DENIED"],
    ["203.0.113.7, unknown", "IP_DENIED"],
    ["203.0.113.7,", "IP_DENIED"],
    [undefined, "IP_DENIED"],
  ])("from `%s` a key for 203.0.113.0/24 is %s", async (forwarded, code) => {
    const local = await shown({ ipAllowlist: ["203.0.113.0/24"] });
    const reply = await ask({ ...bearer(local), ...from(forwarded) });
    expect(outcome(reply)[1]).toBe(code);
  });
});

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

  it("whose credential is removed is refused at once", async () => {
    const { id, token } = await issueCredential(keyway, "verifier");
    expect(outcome(await ask(bearer(key), { token }))).toEqual([204, "VALID"]);
    await facade.call("DELETE", `/v1/credentials/${id}`);
    expect(outcome(await ask(bearer(key), { token }))).toEqual([403, "PROXY_TOKEN_INVALID"]);
  });

  it.each([
    "?modle=a",
    "?scope=all",
    "?model=a&model=b",
    "?tokens=-1",
    "?valid=201",
    "?explain=true",
    "?a",
    "?provider=none",
  ])("that asks %s is told so", async (query) => {
    expect(outcome(await ask(bearer(key), { query }))).toEqual([403, "PROXY_QUERY_INVALID"]);
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
    const headers = { "x-keyway-token": keyway.root.token };
    for (const path of ["/v1/keys", "/v1/verify:batch", "/v1/verify/x/settle", "/api/v1/gateway/keys"]) {
      const method = path.startsWith("/v1/verify") ? "POST" : "GET";
      expect((await send(keyway, { method, path, headers })).status, path).toBe(401);
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
