import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openDelivering } from "../../../functions/jobs/deliver.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { type Receiver, sendingHere, startReceiver, told } from "../../support/receiver.ts";
import { driven, newWebhook } from "../../support/webhooks.ts";

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let receiver: Receiver;
beforeAll(async () => {
  keyway = await startKeyway({ env: sendingHere });
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(async () => {
  const { items } = (await facade.call("GET", "/v1/webhooks")).body as { items: readonly { id: string }[] };
  for (const { id } of items) await facade.call("DELETE", `/v1/webhooks/${id}`);
  await receiver.stop();
});

const url = "https://hooks.example.com/capability?token=in-the-address";

describe("a webhook", () => {
  it("is created, listed, read, changed and deleted", async () => {
    const made = await facade.call("POST", "/v1/webhooks", { url, description: "ours" });
    expect(made.body).toMatchObject({
      webhook: {
        url,
        types: "all",
        description: "ours",
        status: "enabled",
        reason: null,
        scheme: "v1",
        secrets: [{ generation: 1, publicKey: null, until: null }],
        health: { failures: 0, pausedUntil: null, failingSince: null },
        version: 1,
      },
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    expect(made.headers.get("etag")).toBe('"1"');
    const { webhook } = made.body as { webhook: { id: string } };
    const path = `/v1/webhooks/${webhook.id}`;
    expect((await facade.call("GET", path)).body).toEqual({ webhook });
    expect((await facade.call("GET", "/v1/webhooks")).body).toEqual({ items: [webhook], nextCursor: null });
    const change = { types: ["key.deleted"] };
    expect(await facade.call("PATCH", path, change)).toMatchObject({ status: 428 });
    const stale = await facade.call("PATCH", path, change, { headers: { "if-match": '"7"' } });
    expect(stale).toMatchObject({ status: 412, body: { code: "version_mismatch" } });
    const changed = await facade.call("PATCH", path, change, { headers: { "if-match": '"1"' } });
    expect(changed.body).toMatchObject({ webhook: { url, types: ["key.deleted"], version: 2 } });
    expect((await facade.call("DELETE", path)).status).toBe(204);
    expect((await facade.call("GET", path)).status).toBe(404);
    expect((await facade.call("DELETE", path)).status).toBe(404);
  });

  it("that is deleted while it is read or listed is there or not", async () => {
    const round = async (): Promise<readonly number[]> => {
      const { id } = await newWebhook(keyway, receiver.url);
      const calls = ["DELETE", "GET", "GET", "GET"].flatMap((method) => [
        facade.call(method, `/v1/webhooks/${id}`),
        facade.call("GET", "/v1/webhooks"),
      ]);
      return (await Promise.all(calls)).map(({ status }) => status);
    };
    const statuses: number[] = [];
    for (let count = 0; count < 10; count++) statuses.push(...(await round()));
    expect([200, 204, 404]).toEqual(expect.arrayContaining([...new Set(statuses)]));
  });

  it.each<[string, object, string]>([
    ["no address", {}, "url"],
    ["an address without TLS", { url: "http://hooks.example.org:80/" }, ""],
    ["a private address", { url: "https://10.0.0.1/" }, "url"],
    ["the address of the metadata service", { url: "https://169.254.169.254/latest/" }, "url"],
    ["a user in the address", { url: "https://user:phrase-4711@hooks.example.com/" }, "url"],
    ["a long address", { url: `https://hooks.example.com/${"x".repeat(2048)}` }, "url"],
    ["an unknown type", { url, types: ["key.exploded"] }, "types"],
    ["a ping among its types", { url, types: ["webhook.ping"] }, "types"],
    ["no type", { url, types: [] }, "types"],
    ["an unknown scheme", { url, scheme: "v2" }, "scheme"],
    ["a secret of its own", { url, secret: "whsec_AAAA" }, "secret"],
    ["a status", { url, status: "disabled" }, "status"],
  ])("with %s is refused, and the field named", async (_, body, path) => {
    const reply = await facade.call("POST", "/v1/webhooks", body);
    // A name may be of this machine, where TLS is not needed: that is judged when it is resolved.
    if (path === "") return expect(reply.status).toBe(201);
    expect(reply.status).toBe(422);
    expect((reply.body as { errors: { path: string }[] }).errors[0]?.path).toMatch(new RegExp(`^${path}`));
    expect(reply.text).not.toContain("4711");
  });

  it("says which of its types is none, and repeats nothing of it", async () => {
    const body = { url, types: ["key.created", "key.phrase-4711"] };
    const reply = await facade.call("POST", "/v1/webhooks", body);
    expect(reply).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining("`types.1` is none") },
    });
    expect(reply.text).not.toContain("4711");
  });

  it("is one of twenty of an account", async () => {
    for (let count = 0; count < 20; count++) await newWebhook(keyway, url);
    expect(await facade.call("POST", "/v1/webhooks", { url })).toMatchObject({
      status: 422,
      body: { code: "limit_reached" },
    });
  });

  it("is created once for an `Idempotency-Key`, and its secret told once", async () => {
    const options = { headers: { "idempotency-key": "webhook-1" } };
    const first = await facade.call("POST", "/v1/webhooks", { url }, options);
    const again = await facade.call("POST", "/v1/webhooks", { url }, options);
    expect(again.status).toBe(201);
    expect(again.body).toEqual({ ...(first.body as object), secret: null });
  });

  it("of scheme v1a shows its public key, and nothing of the private one", async () => {
    const made = await facade.call("POST", "/v1/webhooks", { url, scheme: "v1a" });
    expect(made.body).toMatchObject({
      secret: null,
      webhook: { secrets: [{ publicKey: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/) }] },
    });
    expect(made.text).not.toContain("whsk_");
  });
});

describe("a test message", () => {
  it("tells the class of the answer, and no more", async () => {
    const { call } = await newWebhook(keyway, receiver.url);
    expect((await call("POST", "/ping")).body).toEqual({ delivered: true, answered: "2xx", fault: null });
    expect(told(receiver.received[0] ?? { path: "", headers: {}, body: "" })).toMatchObject({
      type: "webhook.ping",
    });
    receiver.respond((_, response) => void response.writeHead(418).end("the inside of a network"));
    const refused = await call("POST", "/ping");
    expect(refused.body).toEqual({ delivered: false, answered: "4xx", fault: null });
    await receiver.stop();
    expect((await call("POST", "/ping")).body).toEqual({
      delivered: false,
      answered: null,
      fault: "connection_failed",
    });
    const trail = await facade.call("GET", "/v1/audit?limit=1");
    expect(trail.text).toContain("keyway:PingWebhook");
  });
});

describe("who may", () => {
  it("an auditor reads webhooks, without the whole address, and changes none", async () => {
    const { id } = await newWebhook(keyway, url);
    const auditor = await issueCredential(keyway, "auditor");
    const read = await facade.call("GET", `/v1/webhooks/${id}`, undefined, { token: auditor.token });
    expect(read.body).toMatchObject({ webhook: { url: "https://hooks.example.com/…" } });
    const list = await facade.call("GET", "/v1/webhooks", undefined, { token: auditor.token });
    expect(list.text).not.toContain("in-the-address");
    const changed = await facade.call("POST", `/v1/webhooks/${id}/disable`, undefined, {
      token: auditor.token,
    });
    expect(changed.status).toBe(403);
  });

  it("nobody whose credential is restricted to some providers has the events of all sent somewhere", async () => {
    const { id } = await newWebhook(keyway, url);
    const made = await facade.call("POST", "/v1/credentials", {
      name: "n",
      role: "admin",
      providers: ["tokenhub"],
    });
    const { token } = (made.body as { secrets: { token: string } }).secrets;
    for (const [method, path, body] of [
      ["POST", "", { url }],
      ["GET", "", undefined],
      ["GET", `/${id}`, undefined],
      ["DELETE", `/${id}`, undefined],
      ["POST", `/${id}/replay`, { from: "2026-01-01T00:00:00Z" }],
      ["GET", `/${id}/deliveries`, undefined],
    ] as const) {
      const reply = await facade.call(method, `/v1/webhooks${path}`, body, { token });
      expect(reply, `${method} ${path}`).toMatchObject({ status: 403, body: { code: "permission_denied" } });
    }
  });

  it("another account sees, changes, sends and removes nothing, and is told nothing", async () => {
    const stranger = await issueAccount(keyway);
    const theirs = await startReceiver();
    const own = await newWebhook(keyway, receiver.url);
    const other = await newWebhook(keyway, theirs.url, { token: stranger.token });
    const sender = driven(keyway);
    const { key } = await facade.create("tokenhub");
    await sender.settle();
    expect(receiver.received).toHaveLength(1);
    expect(theirs.received).toEqual([]);
    const [delivery] = await own.deliveries();
    const ask = (method: string, path: string, body?: unknown) =>
      facade.call(method, `/v1/webhooks/${path}`, body, {
        token: stranger.token,
        headers: { "if-match": "*" },
      });
    for (const [method, path, body] of [
      ["GET", ""],
      ["PATCH", "", { types: "all" }],
      ["DELETE", ""],
      ["POST", "/enable"],
      ["POST", "/disable"],
      ["POST", "/rotate-secret", {}],
      ["POST", "/ping"],
      ["POST", "/replay", { from: "2026-01-01T00:00:00Z" }],
      ["GET", "/deliveries"],
      ["POST", `/deliveries/${delivery?.id}/retry`],
    ] as const) {
      const foreign = await ask(method, `${own.id}${path}`, body);
      const missing = await ask(method, `whe_${"0".repeat(24)}${path}`, body);
      const judged = ({ status, body: told }: typeof foreign) => [
        status,
        (told as { detail: string }).detail,
      ];
      expect(judged(foreign), `${method} ${path}`).toEqual(judged(missing));
      expect(foreign.status).toBe(404);
    }
    // By an endpoint of its own it does not reach the delivery either.
    expect(await ask("POST", `${other.id}/deliveries/${delivery?.id}/retry`)).toMatchObject({ status: 404 });
    await other.call("POST", "/replay", { from: "2020-01-01T00:00:00Z" });
    await sender.settle();
    expect(theirs.received).toEqual([]);
    expect(JSON.stringify(await other.deliveries())).not.toContain(key.id);
    expect(receiver.received).toHaveLength(1);
    await sender.deliveries.close();
    await theirs.stop();
  });
});

it("secrets and addresses stand in no other reply, in no log, event or entry of the trail", async () => {
  const delivering = openDelivering(keyway.house);
  const { id, secret, call } = await newWebhook(keyway, `${receiver.url}?token=in-the-address`);
  const rotated = await call("POST", "/rotate-secret", { overlap: 60 });
  const second = (rotated.body as { secret: string }).secret;
  await call("PATCH", "", { url: `${receiver.url}?token=in-the-address-2` });
  await facade.call("POST", "/v1/webhooks", { url: "https://10.0.0.1/?token=in-the-address-3" });
  await facade.call("POST", "/v1/webhooks", { url, secret });
  receiver.respond((_, response) => void response.writeHead(500).end("no"));
  await facade.create("tokenhub");
  await call("POST", "/ping");
  await receiver.until((all) => all.length >= 2);
  await delivering.idle();
  await delivering.close();
  const seen = [
    keyway.log(),
    (await facade.call("GET", "/v1/audit?limit=100")).text,
    (await call("GET", "/deliveries")).text,
    JSON.stringify(await keyway.house.store.readEvents(rootAccount, 0, 1000)),
    ...receiver.received.map(({ body }) => body),
  ].join("\n");
  for (const text of [secret, second, "in-the-address"]) {
    expect(seen.includes(text), text).toBe(false);
    expect(seen.includes(text.slice(8)), text).toBe(false);
  }
  const shown = (await call("GET")).text + (await facade.call("GET", "/v1/webhooks")).text;
  for (const text of [secret, second, "sealed"]) expect(shown.includes(text)).toBe(false);
  const stored = await keyway.house.store.readDocument(rootAccount, "keyway", "webhook-endpoint", id);
  for (const text of [secret, second]) expect(JSON.stringify(stored).includes(text.slice(6))).toBe(false);
});
