import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serve } from "../../functions/door.ts";
import { rateLimiter } from "../../lib/keys/rate.ts";
import { profiles } from "../../lib/providers/profiles.ts";
import { readConfig } from "../../lib/runtime/config.ts";
import { startServer } from "../../lib/runtime/server.ts";
import { facadeOf } from "../support/facade-client.ts";
import { startKeyway, type TestKeyway, temporaryFolder } from "../support/keyway.ts";

const folder = temporaryFolder();
const origin = "https://console.example.com";
let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let plain: TestKeyway;
beforeAll(async () => {
  const file = join(folder, "keyway.json");
  writeFileSync(file, JSON.stringify({ corsOrigins: [origin] }));
  keyway = await startKeyway({ env: { KEYWAY_CONFIG: file, KEYWAY_ACTION_RPS: "20" } });
  facade = facadeOf(keyway);
  plain = await startKeyway();
});
afterAll(async () => {
  await keyway.stop();
  await plain.stop();
  rmSync(folder, { recursive: true });
});

const call: ReturnType<typeof facadeOf>["call"] = (...of) => facade.call(...of);

describe("every reply of the facade", () => {
  it.each([
    ["a reading", "/v1/providers", 200],
    ["a refusal", "/v1/keys/aione/none", 404],
    ["an unknown path", "/v1/nothing", 404],
    ["health", "/healthz", 200],
    ["the description", "/openapi.json", 200, "max-age=300"],
  ])("that is %s is not stored, not sniffed, not framed", async (_, path, status, cached = "no-store") => {
    const { headers, status: answered } = await call("GET", path);
    expect(answered).toBe(status);
    expect(headers.get("cache-control")).toBe(cached);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("tells how many more calls there may be, where they are counted", async () => {
    const { headers } = await call("GET", "/v1/providers");
    expect(headers.get("ratelimit-policy")).toBe('"credential";q=1000;w=1');
    expect(headers.get("ratelimit")).toMatch(/^"credential";r=\d+;t=1$/);
    expect((await facadeOf(plain).call("GET", "/v1/providers")).headers.has("ratelimit")).toBe(false);
  });

  it("says 429 and when to come back, when there are none", async () => {
    const now = new Date();
    const house = { ...keyway.house, clock: () => now, facadeLimiter: rateLimiter(2) };
    const config = readConfig({ PORT: "0", KEYWAY_DATA: keyway.folder }, profiles);
    const server = await startServer(config, house, serve);
    const replies = [];
    for (let made = 0; made < 3; made++) {
      replies.push(await facadeOf({ ...keyway, url: server.url }).call("GET", "/v1/providers"));
    }
    await server.stop();
    expect(replies.map(({ status, headers }) => [status, headers.get("ratelimit")])).toEqual([
      [200, '"credential";r=1;t=1'],
      [200, '"credential";r=0;t=1'],
      [429, '"credential";r=0;t=1'],
    ]);
    expect(replies[2]?.headers.get("ratelimit-policy")).toBe('"credential";q=2;w=1');
    expect(replies[2]?.headers.get("retry-after")).toBe("1");
    expect(replies[2]?.body).toMatchObject({ code: "rate_limited", retryable: true });
  });
});

describe("methods", () => {
  const known = [
    ["/v1/keys", "GET, HEAD, POST, OPTIONS"],
    ["/healthz", "GET, HEAD, OPTIONS"],
    ["/openapi.json", "GET, HEAD, OPTIONS"],
  ] as const;

  it.each(known)("OPTIONS tells what %s takes, without a credential", async (path, allow) => {
    const reply = await fetch(`${keyway.url}${path}`, { method: "OPTIONS" });
    expect([reply.status, reply.headers.get("allow")]).toEqual([204, allow]);
    expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it.each(known)("405 names the ones that %s takes", async (path, allow) => {
    const reply = await call("DELETE", path);
    expect([reply.status, reply.headers.get("allow"), reply.headers.get("content-type")]).toEqual([
      405,
      allow,
      "application/problem+json",
    ]);
    expect(reply.body).toMatchObject({
      code: "method_not_allowed",
      requestId: reply.headers.get("x-request-id"),
    });
    expect(reply.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it.each(["/v1/providers", "/v1/keys/aione/none", "/healthz", "/openapi.json"])(
    "HEAD of %s answers the headers of GET alone",
    async (path) => {
      const [head, get] = [await call("HEAD", path), await call("GET", path)];
      expect([head.status, head.text]).toEqual([get.status, ""]);
      // fetch closes the connection of a HEAD.
      const own = ["connection", "keep-alive", "date", "content-length", "x-request-id", "ratelimit"];
      const stable = ({ headers }: typeof get) => [...headers].filter(([name]) => !own.includes(name));
      expect(stable(head)).toEqual(stable(get));
      // A length of its own would be a word about the body of the GET (RFC 9110, section 8.6).
      expect(head.headers.has("content-length")).toBe(false);
    },
  );

  it("a page that anybody may read is read without a line of the log", async () => {
    await call("GET", "/healthz");
    await call("POST", "/healthz");
    await new Promise((resolve) => setImmediate(resolve));
    const lines = keyway
      .log()
      .split("\n")
      .filter((line) => line.includes('"keyway:Health"'));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ outcome: "method_not_allowed" });
  });
});

describe("CORS", () => {
  const preflight = (of: TestKeyway, from: string) =>
    fetch(`${of.url}/v1/keys`, {
      method: "OPTIONS",
      headers: { origin: from, "access-control-request-method": "POST" },
    });

  it("is for the configured origins", async () => {
    const reply = await preflight(keyway, origin);
    expect(reply.headers.get("access-control-allow-origin")).toBe(origin);
    expect(reply.headers.get("access-control-allow-headers")).toContain("Idempotency-Key");
    expect(reply.headers.get("vary")).toBe("Origin");
    const read = await call("GET", "/v1/providers", undefined, { headers: { origin } });
    expect(read.headers.get("access-control-allow-origin")).toBe(origin);
  });

  it("is for no other origin, and off unless configured", async () => {
    for (const reply of [
      await preflight(keyway, "https://evil.example.com"),
      await preflight(keyway, `${origin}.evil.example.com`),
      await preflight(keyway, "null"),
      await preflight(plain, origin),
    ]) {
      expect(reply.headers.has("access-control-allow-origin")).toBe(false);
    }
  });
});

describe("a trace", () => {
  const traceId = "0af7651916cd43dd8448eb211c80319c";

  it("of the caller is in the log line of its call", async () => {
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    await call("GET", "/v1/providers", undefined, { headers: { traceparent } });
    await new Promise((resolve) => setImmediate(resolve));
    expect(keyway.log()).toContain(`"traceId":"${traceId}"`);
  });

  it.each([
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319d-0000000000000000-01",
    "ff-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-01",
    "00-0AF7651916CD43DD8448EB211C80319D-b7ad6b7169203331-01",
    "nonsense",
  ])("that is not valid, %s, gives way to a new one", async (traceparent) => {
    await call("GET", "/v1/providers", undefined, { headers: { traceparent } });
    await new Promise((resolve) => setImmediate(resolve));
    expect(keyway.log().toLowerCase()).not.toContain("0af7651916cd43dd8448eb211c80319d");
    expect(keyway.log()).not.toContain("0".repeat(32));
  });
});
