import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type AsProxy,
  bearer,
  type Headers,
  outcome,
  type ShownKey,
  startAsProxy,
} from "../../support/proxy.ts";
import type { RawReply } from "../../support/raw.ts";

let asked: AsProxy;
let facade: AsProxy["facade"];
let proxy: AsProxy["proxy"];
let key: AsProxy["key"];
let make: AsProxy["make"];
let ask: AsProxy["ask"];
beforeAll(async () => {
  asked = await startAsProxy();
  ({ facade, proxy, key, make, ask } = asked);
});
afterAll(() => asked.stop());

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
    expect(headers["x-keyway-request-id"]).toMatch(/^[\w.:~-]{40,}$/);
  });

  it.each<[what: string, headers: (one: ShownKey) => Headers]>([
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
    const limited = await make({ limits: { tokensPerMinute: 1000 } });
    const { headers } = await ask(bearer(limited), { query: "?tokens=600" });
    expect(headers["x-keyway-remaining-tokens"]).toBe("400");
    const settled = await facade.call("POST", `/v1/verify/${headers["x-keyway-request-id"]}/settle`, {
      inputTokens: 10,
    });
    expect(settled.body).toMatchObject({ keyId: limited.id, reserved: 600, spent: 10 });
  });

  it("has a team of any characters, which reach the application encoded", async () => {
    const team = "Ä, %0a\r\nx-keyway-owner: 1\u{1f511}";
    const { headers } = await ask(bearer(await make({ owner: { team } }, "tokenhub")));
    expect(headers["x-keyway-team"]).toBe("%C3%84%2C%20%250a%0D%0Ax-keyway-owner%3A%201%F0%9F%94%91");
    expect(headers["x-keyway-owner"]).toBe("100000000001");
  });

  it("has a receipt of safe characters, whatever model it is for", async () => {
    const { headers } = await ask(bearer(key), { query: "?model=%0D%0Ax-keyway-owner:%201%C3%84" });
    expect(headers["x-keyway-request-id"]).toMatch(/^[\w.:~-]{40,}$/);
    const path = `/v1/verify/${headers["x-keyway-request-id"]}/settle`;
    expect((await facade.call("POST", path, {})).body).toMatchObject({ keyId: key.id });
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

  const disabled = async (): Promise<ShownKey> => {
    const one = await make({});
    await facade.call("POST", `/v1/keys/aione/${one.id}/disable`);
    return one;
  };
  const scoped = (): Promise<ShownKey> => make({ scope: { models: ["gpt-5.4"], endpoints: "all" } });

  it("follows a disable at the very next request, and an enable", async () => {
    const one = await make({});
    for (let round = 0; round < 5; round++) {
      expect(outcome(await ask(bearer(one)))).toEqual([204, "VALID"]);
      await facade.call("POST", `/v1/keys/aione/${one.id}/disable`);
      expect(outcome(await ask(bearer(one)))).toEqual([403, "DISABLED"]);
      await facade.call("POST", `/v1/keys/aione/${one.id}/enable`);
    }
  });

  it("of a limit tells when to come again; of a spent lifetime it cannot", async () => {
    const limited = await make({ limits: { requestsPerMinute: 2 } });
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
    const spent = await make({ limits: { tokenQuotas: [quota] } });
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
    const local = await make({ ipAllowlist: ["203.0.113.0/24"] });
    const reply = await ask({ ...bearer(local), ...from(forwarded) });
    expect(outcome(reply)[1]).toBe(code);
  });
});
