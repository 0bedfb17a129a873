import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { handler } from "../../../functions/verify/authorizer.ts";
import { startCloud, stubCloud, type TestCloud } from "../../support/cloud.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

/** The function as Lambda runs it, on the store of a running Keyway; events as AWS documents them. */

let cloud: TestCloud;
let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let verifier: { readonly id: string; readonly token: string };
let log = "";
beforeAll(async () => {
  cloud = await startCloud();
  stubCloud(cloud);
  keyway = await startKeyway({ env: cloud.variables });
  facade = facadeOf(keyway);
  verifier = await issueCredential(keyway, "verifier");
  const variables = {
    KEYWAY_AUTHORIZER_TOKEN: verifier.token,
    KEYWAY_AUTHORIZER_QUERY: "model=gpt-5.4",
  };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    log += String(text);
    return true;
  });
});
afterAll(async () => {
  await keyway.stop();
  vi.unstubAllEnvs();
  await cloud.stop();
});

type Headers = Readonly<Record<string, string | readonly string[]>>;

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../vectors/authorizer/${name}.json`, import.meta.url), "utf8"));

/** The event, from a client that sends these headers, too; each payload has its own form of them. */
const eventOf = (name: string, headers: Headers, sourceIp = "192.0.2.1"): unknown => {
  const event = read(name);
  const { requestContext } = event;
  if (requestContext?.http) requestContext.http.sourceIp = sourceIp;
  if (requestContext?.identity) requestContext.identity.sourceIp = sourceIp;
  for (const [header, value] of Object.entries(headers)) {
    const values = typeof value === "string" ? [value] : value;
    if (event.version === "2.0") event.headers[header.toLowerCase()] = values.join(",");
    else {
      event.headers[header] = values.at(-1);
      event.multiValueHeaders[header] = values;
    }
  }
  return event;
};

const arn = "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/GET/request";
const policy = (effect: string) => ({
  Version: "2012-10-17",
  Statement: [{ Action: "execute-api:Invoke", Effect: effect, Resource: arn }],
});

/** What the gateway makes of a reply. */
const lets: Readonly<Record<string, (isAuthorized: boolean, context: object) => unknown>> = {
  "http-api-2.0": (isAuthorized, context) => ({ isAuthorized, context }),
  "http-api-1.0": (isAuthorized, context) => ({
    principalId: expect.any(String),
    policyDocument: policy(isAuthorized ? "Allow" : "Deny"),
    context,
  }),
  "rest-api": (isAuthorized, context) => ({
    principalId: expect.any(String),
    policyDocument: policy(isAuthorized ? "Allow" : "Deny"),
    context,
  }),
};

const make = async (body: object = {}) => {
  const { key, material } = await facade.create("aione", body);
  return {
    id: key.id,
    headers: { Authorization: `Bearer ${material?.value}` },
    secret: String(material?.value),
  };
};

describe.each(Object.entries(lets))("%s", (name, replyOf) => {
  const ask = (headers: Headers, sourceIp?: string) => handler(eventOf(name, headers, sourceIp));

  it("lets a good key in, and tells the route whose it is, in texts", async () => {
    const key = await make();
    expect(await ask(key.headers)).toEqual(
      replyOf(true, {
        status: "VALID",
        requestId: expect.stringMatching(/^[\w.:~-]{40,}$/),
        keyId: key.id,
        provider: "aione",
        owner: "100000000001",
        team: "",
        generation: "1",
        remainingRequests: "",
        remainingTokens: "",
      }),
    );
  });

  it("lets nobody in otherwise", async () => {
    const key = await make();
    const scoped = await make({ scope: { models: ["other"], endpoints: "all" } });
    const both = { ...key.headers, "X-Api-Key": "another" };
    const twice = { "X-Api-Key": [key.secret, key.secret] };
    expect(await ask({})).toEqual(replyOf(false, { status: "KEY_MISSING" }));
    expect(await ask({ "x-api-key": "none" })).toEqual(replyOf(false, { status: "NOT_FOUND" }));
    expect(await ask(both)).toEqual(replyOf(false, { status: "KEY_AMBIGUOUS" }));
    expect(await ask(twice)).toEqual(
      replyOf(false, { status: name === "http-api-2.0" ? "NOT_FOUND" : "KEY_MALFORMED" }),
    );
    // In two spellings, which are two names of the event: http-api-2.0 has lower-case ones alone.
    if (name !== "http-api-2.0") {
      for (const headers of [
        { "X-Api-Key": "another", "x-api-key": key.secret },
        { "x-api-key": key.secret, "X-API-KEY": "another" },
        { ...key.headers, authorization: "Basic zzz" },
      ]) {
        expect(await ask(headers)).toEqual(replyOf(false, { status: "KEY_MALFORMED" }));
      }
    }
    expect(await ask(scoped.headers)).toEqual(replyOf(false, { status: "MODEL_DENIED" }));
  });

  it("follows a disable at the very next call", async () => {
    const key = await make();
    expect(await ask(key.headers)).toMatchObject({ context: { status: "VALID" } });
    await facade.call("POST", `/v1/keys/aione/${key.id}/disable`);
    expect(await ask(key.headers)).toEqual(replyOf(false, { status: "DISABLED" }));
  });

  it("goes by the address that the gateway saw, and by no header", async () => {
    const local = await make({ ipAllowlist: ["203.0.113.0/24"] });
    const refused = replyOf(false, { status: "IP_DENIED" });
    expect(await ask(local.headers, "203.0.113.7")).toMatchObject({ context: { status: "VALID" } });
    expect(await ask(local.headers, "192.0.2.1")).toEqual(refused);
    const forged = { ...local.headers, "X-Forwarded-For": "203.0.113.7" };
    expect(await ask(forged, "192.0.2.1")).toEqual(refused);
    expect(await ask(local.headers, "")).toEqual(refused);
  });

  it("says of a limit when to come again", async () => {
    const limited = await make({ limits: { requestsPerMinute: 1 } });
    const replies = [await ask(limited.headers), await ask(limited.headers), await ask(limited.headers)];
    const retryAfter = expect.stringMatching(/^([1-9]|[1-5]\d|60)$/);
    expect(replies).toContainEqual(replyOf(false, { status: "RATE_LIMITED", retryAfter }));
  });

  it("knows no other account's keys", async () => {
    const stranger = await issueAccount(keyway);
    const { material } = await facade.create("aione", {}, { token: stranger.token });
    const reply = await ask({ authorization: `Bearer ${material?.value}` });
    expect(reply).toEqual(replyOf(false, { status: "NOT_FOUND" }));
  });
});

describe("throws, which the gateway answers 500", () => {
  it.each([
    ["nothing", undefined],
    [
      "a call of its own URL",
      { version: "2.0", headers: {}, requestContext: { http: { sourceIp: "192.0.2.1" } } },
    ],
    ["a TOKEN authorizer's event", read("rest-api-token")],
  ])("at %s", async (_, event) => {
    await expect(handler(event)).rejects.toThrow("not an event of a REQUEST authorizer");
  });

  it("once its credential is removed, seconds later", async () => {
    const key = await make();
    await facade.call("DELETE", `/v1/credentials/${verifier.id}`);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 5000 });
    await expect(handler(eventOf("rest-api", key.headers))).rejects.toThrow("KEYWAY_AUTHORIZER_TOKEN");
    vi.useRealTimers();
    expect(log).toContain("nobody can be authorized");
    expect(log.includes(key.secret) || log.includes(verifier.token)).toBe(false);
  });
});
