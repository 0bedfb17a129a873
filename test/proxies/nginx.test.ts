import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { issueCredential } from "../support/facade.ts";
import { facadeOf } from "../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";
import { type RawReply, send } from "../support/raw.ts";
import { type Application, startApplication } from "./support/application.ts";
import { type Nginx, startNginx } from "./support/nginx.ts";

/** The documented configuration, docs/proxies/nginx.conf, as the system's nginx runs it before a real Keyway. */

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let application: Application;
let nginx: Nginx;
let token: string;
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
  application = await startApplication();
  token = (await issueCredential(keyway, "verifier")).token;
  nginx = await startNginx({ keyway: keyway.host, application: application.host, token });
});
afterAll(async () => {
  await nginx?.stop();
  await application.close();
  await keyway.stop();
});

interface Made {
  readonly id: string;
  readonly secret: string;
}

const make = async (body: object = {}): Promise<Made> => {
  const { key, material } = await facade.create("aione", body);
  return { id: key.id, secret: String(material?.value) };
};

type Headers = Readonly<Record<string, string | readonly string[]>>;

const visit = (
  headers: Headers,
  options: {
    readonly method?: string;
    readonly path?: string;
    readonly body?: string;
    readonly by?: Nginx;
  } = {},
): Promise<RawReply> => {
  const { by = nginx, method = "GET", path = "/page", body } = options;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return send(by, { method, path, headers: { ...headers, ...length }, ...(body !== undefined && { body }) });
};

const bearer = ({ secret }: Made): Headers => ({ authorization: `Bearer ${secret}` });

const page = z.object({ method: z.string(), url: z.string(), lines: z.array(z.string()), body: z.string() });
const pageOf = ({ text }: RawReply) => page.parse(JSON.parse(text));
const linesOf = (reply: RawReply, start: string): readonly string[] =>
  pageOf(reply).lines.filter((line) => line.startsWith(start));

describe("a page", () => {
  it("is served to a good key, with what Keyway says of it", async () => {
    const key = await make({ limits: { requestsPerMinute: 100 } });
    const reply = await visit(bearer(key));
    expect(reply.status).toBe(200);
    expect(linesOf(reply, "x-keyway-").toSorted()).toEqual([
      "x-keyway-generation: 1",
      `x-keyway-key-id: ${key.id}`,
      "x-keyway-owner: 100000000001",
      "x-keyway-provider: aione",
      "x-keyway-remaining-requests: 99",
      expect.stringMatching(/^x-keyway-request-id: [\w.:~-]{40,}$/),
      "x-keyway-status: VALID",
    ]);
  });

  it("is not served without a key, nor with a wrong one, and the client hears what is missing", async () => {
    const before = application.served();
    for (const headers of [{}, { authorization: "Bearer none" }, { "x-api-key": "none" }]) {
      const reply = await visit(headers);
      expect(reply.status).toBe(401);
      expect(reply.headers["www-authenticate"]).toMatch(/^Bearer realm="keyway"/);
    }
    expect(application.served()).toBe(before);
  });

  it("keeps its method, its query and its body, which Keyway is not sent", async () => {
    const reply = await visit(bearer(await make()), {
      method: "POST",
      path: "/page?model=other&scope=full",
      body: "a body",
    });
    expect(pageOf(reply)).toMatchObject({
      method: "POST",
      url: "/page?model=other&scope=full",
      body: "a body",
    });
  });

  it("that the application itself refuses stays its own refusal", async () => {
    const reply = await visit(bearer(await make()), { path: "/forbidden" });
    expect([reply.status, pageOf(reply).url]).toEqual([403, "/forbidden"]);
    expect(reply.headers).not.toHaveProperty("x-keyway-status");
  });

  it("is served for a signature of a key pair", async () => {
    const { key, material } = await facade.create("apigateway", {});
    const date = new Date().toUTCString();
    const text = `x-date: ${date}\nsource: app`;
    const signature = createHmac("sha1", String(material?.secret)).update(text).digest("base64");
    const authorization = `hmac id="${key.id}", algorithm="hmac-sha1", headers="x-date source", signature="${signature}"`;
    expect((await visit({ authorization, "x-date": date, source: "app" })).status).toBe(200);
    expect((await visit({ authorization, "x-date": date, source: "other" })).status).toBe(401);
  });
});

describe("a refusal", () => {
  it("follows a disable at the very next request, and an enable", async () => {
    const key = await make();
    for (let round = 0; round < 10; round++) {
      expect((await visit(bearer(key))).status).toBe(200);
      await facade.call("POST", `/v1/keys/aione/${key.id}/disable`);
      const reply = await visit(bearer(key));
      expect([reply.status, reply.headers["x-keyway-status"]]).toEqual([403, "DISABLED"]);
      await facade.call("POST", `/v1/keys/aione/${key.id}/enable`);
    }
  });

  it("of a limit is 429, and says when to come again", async () => {
    const key = await make({ limits: { requestsPerMinute: 2 } });
    const replies: RawReply[] = [];
    // Whenever a minute ends in between: it has two calls, and its neighbour two.
    for (let call = 0; call < 5; call++) replies.push(await visit(bearer(key)));
    const refused = replies.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThan(0);
    for (const { status, headers } of refused) {
      expect([status, headers["x-keyway-status"]]).toEqual([429, "RATE_LIMITED"]);
      expect(Number(headers["retry-after"])).toBeGreaterThanOrEqual(1);
      expect(Number(headers["retry-after"])).toBeLessThanOrEqual(60);
    }
  });

  it("of an address is 403, and a client cannot say that it has another", async () => {
    const elsewhere = await make({ ipAllowlist: ["203.0.113.7"] });
    for (const forwarded of [
      [],
      ["203.0.113.7"],
      ["203.0.113.7", "203.0.113.7"],
      ["203.0.113.7, 203.0.113.7"],
    ]) {
      const reply = await visit({
        ...bearer(elsewhere),
        "x-forwarded-for": forwarded,
        "x-real-ip": "203.0.113.7",
      });
      expect([reply.status, reply.headers["x-keyway-status"]]).toEqual([403, "IP_DENIED"]);
    }
    const here = await visit({
      ...bearer(await make({ ipAllowlist: ["127.0.0.1"] })),
      "x-forwarded-for": "::1",
    });
    expect(here.status).toBe(200);
    expect(linesOf(here, "x-forwarded-for")).toEqual(["x-forwarded-for: 127.0.0.1"]);
  });

  it("stands when Keyway is not there", async () => {
    const gone = await startApplication();
    await gone.close();
    const alone = await startNginx({ keyway: gone.host, application: application.host, token });
    const before = application.served();
    expect((await visit(bearer(await make()), { by: alone })).status).toBe(500);
    expect(application.served()).toBe(before);
    await alone.stop();
  });

  it.each<[what: string, change: (site: string) => string]>([
    ["token", (site) => site.replace(/include .*keyway-token.conf;/, "")],
    ["query", (site) => site.replace("?scope=partial", "?scope=some")],
  ])("for want of a right %s is the operator's, not the client's: 500", async (_, change) => {
    const wrong = await startNginx({ keyway: keyway.host, application: application.host, token, change });
    expect((await visit(bearer(await make()), { by: wrong })).status).toBe(500);
    await wrong.stop();
  });
});

describe("a client cannot", () => {
  it("forge what the application is told", async () => {
    const key = await make();
    const forged = Object.fromEntries(
      ["Status", "Request-Id", "Key-Id", "Provider", "Owner", "Team", "Generation", "Token"].flatMap(
        (name) => [
          [`X-Keyway-${name}`, "forged"],
          [`x-keyway-${name.toLowerCase()}_`, "forged"],
          [`X_Keyway_${name.replace("-", "_")}`, "forged"],
        ],
      ),
    );
    const reply = await visit({ ...bearer(key), ...forged });
    expect(reply.status).toBe(200);
    expect(reply.text).not.toContain("forged");
    expect(linesOf(reply, "x-keyway-key-id")).toEqual([`x-keyway-key-id: ${key.id}`]);
  });

  it("be its own proxy", async () => {
    const headers = { "x-keyway-token": keyway.root.token, "x-api-key": "none" };
    expect((await visit(headers)).status).toBe(401);
    expect((await visit(headers, { path: "/_keyway" })).status).toBe(404);
  });

  it.each<[what: string, headers: Headers, status: number]>([
    ["an action of the Tencent surface", { "x-tc-action": "DescribeApiKeyList" }, 401],
    ["another method", { "x-http-method-override": "OPTIONS" }, 401],
    ["a preflight", { origin: "https://example.com", "access-control-request-method": "GET" }, 401],
  ])("get in by %s", async (_, headers, status) => {
    expect((await visit(headers)).status).toBe(status);
    expect((await visit(headers, { method: "OPTIONS" })).status).toBe(status);
  });

  it("show one key to Keyway and another to the application", async () => {
    const [one, other] = [await make(), await make()];
    expect((await visit({ ...bearer(one), "x-api-key": other.secret })).status).toBe(401);
    expect((await visit({ "x-api-key": [one.secret, other.secret] })).status).toBe(401);
    expect(
      (await visit({ authorization: [`Bearer ${one.secret}`, `Bearer ${other.secret}`] })).status,
    ).not.toBe(200);
  });
});

it("no key and no token is in a log", async () => {
  const key = await make();
  await visit(bearer(key));
  await visit({ "x-api-key": `${key.secret}x` });
  await new Promise((resolve) => setImmediate(resolve));
  for (const secret of [key.secret, token]) {
    expect(nginx.log().includes(secret)).toBe(false);
    expect(keyway.log().includes(secret)).toBe(false);
  }
});
