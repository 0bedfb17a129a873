import { Webhook as Verifier } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openDelivering } from "../../../functions/jobs/deliver.ts";
import { cursorKind } from "../../../lib/events/cursor.ts";
import { owner } from "../../../lib/events/endpoint.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { type Received, type Receiver, sendingHere, startReceiver, told } from "../../support/receiver.ts";
import { type Driven, driven, newWebhook } from "../../support/webhooks.ts";

const [_second, _minute, _hour] = [1000, 60_000, 3_600_000];

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let receiver: Receiver;
let sender: Driven;
beforeAll(async () => {
  keyway = await startKeyway({ env: sendingHere });
  facade = facadeOf(keyway);
});
afterAll(() => keyway.stop());
beforeEach(async () => {
  receiver = await startReceiver();
  sender = driven(keyway);
});
afterEach(async () => {
  await sender.deliveries.close();
  const { items } = (await facade.call("GET", "/v1/webhooks")).body as { items: readonly { id: string }[] };
  for (const { id } of items) await facade.call("DELETE", `/v1/webhooks/${id}`);
  await receiver.stop();
});

const types = (all: readonly Received[]): readonly string[] => all.map((one) => told(one).type);
const change = async (id: string, times: number): Promise<void> => {
  for (let count = 0; count < times; count++) {
    const body = { description: `change ${count}` };
    await facade.call("PATCH", `/v1/keys/tokenhub/${id}`, body, { headers: { "if-match": "*" } });
  }
};

it("a cursor that cannot be read is told, and stops no other endpoint", async () => {
  const { store } = keyway.house;
  const place = { account: rootAccount, provider: owner, kind: cursorKind, region: "" };
  const record = {
    ...place,
    id: "a-later-version's",
    version: 1,
    body: { at: "x" },
    due: new Date(0).toISOString(),
  };
  await store.progress([{ type: "insertDocument", record }]);
  onTestFinished(() => store.progress([{ type: "deleteDocument", record, expectedVersion: 1 }]));
  await newWebhook(keyway, receiver.url);
  await facade.create("tokenhub");
  await expect(sender.settle()).rejects.toThrow();
  expect(types(receiver.received)).toEqual(["key.created"]);
});

describe("an event", () => {
  it("is told at once, signed, as the standard's own library reads it", async () => {
    const delivering = openDelivering(keyway.house);
    onTestFinished(delivering.close);
    const { secret, deliveries } = await newWebhook(keyway, receiver.url);
    const { key } = await facade.create("tokenhub");
    await receiver.until((all) => all.length === 1);
    const [first] = receiver.received;
    expect(first?.headers["content-type"]).toBe("application/json");
    expect(new Verifier(secret).verify(first?.body ?? "", first?.headers ?? {})).toEqual({
      type: "key.created",
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      data: { provider: "tokenhub", id: key.id, name: "a-key", status: "enabled", version: 1 },
    });
    expect(() =>
      new Verifier(secret).verify(first?.body.replace("a-key", "b-key") ?? "", first?.headers ?? {}),
    ).toThrow();
    await facade.call("POST", `/v1/keys/tokenhub/${key.id}/disable`);
    await facade.call("POST", `/v1/keys/tokenhub/${key.id}/enable`);
    await receiver.until((all) => all.length === 3);
    expect(types(receiver.received)).toEqual(["key.created", "key.disabled", "key.enabled"]);
    await delivering.idle();
    expect(await deliveries()).toMatchObject([
      { state: "delivered", event: { type: "key.enabled" } },
      { state: "delivered", event: { type: "key.disabled" } },
      { state: "delivered", attempts: [{ status: 204, fault: null, answer: "" }] },
    ]);
    // What a receiver knows an event by leads to it in the list.
    expect((await deliveries()).map(({ event }) => event.id)).toEqual(
      receiver.received.map(({ headers }) => headers["webhook-id"]).toReversed(),
    );
  });

  it("goes to those who chose its type, and to no endpoint that came later", async () => {
    const { key } = await facade.create("tokenhub");
    const other = await startReceiver();
    await newWebhook(keyway, receiver.url, { body: { types: ["key.deleted"] } });
    await newWebhook(keyway, other.url);
    await change(key.id, 1);
    await facade.call("DELETE", `/v1/keys/tokenhub/${key.id}?confirm=${key.id}`);
    await sender.settle();
    expect(types(receiver.received)).toEqual(["key.deleted"]);
    expect(types(other.received)).toEqual(["key.updated", "key.deleted"]);
    // The end of a key is newer than the last change of it.
    expect(other.received.map((one) => told(one).data.version)).toEqual([2, 3]);
    await other.stop();
  });

  it("comes after those of its key before it, however slow each is answered", async () => {
    const made = await Promise.all(Array.from({ length: 5 }, () => facade.create("tokenhub")));
    await newWebhook(keyway, receiver.url);
    await Promise.all(made.map(({ key }) => change(key.id, 30)));
    let slow = 0;
    receiver.respond((_, response) => {
      slow = (slow * 31 + 7) % 11;
      setTimeout(() => response.writeHead(204).end(), slow);
    });
    await sender.settle();
    expect(receiver.received).toHaveLength(150);
    for (const { key } of made) {
      const own = receiver.received.map(told).filter(({ data }) => data.id === key.id);
      expect(own.map(({ data }) => data.version)).toEqual(
        Array.from({ length: 30 }, (_, place) => place + 2),
      );
    }
  });
});

describe("an endpoint", () => {
  it("that hangs holds up no other", async () => {
    const { key } = await facade.create("tokenhub");
    const other = await startReceiver();
    await newWebhook(keyway, receiver.url, { body: { types: ["key.updated"] } });
    await newWebhook(keyway, other.url);
    const hanging = Promise.withResolvers<void>();
    receiver.respond((_, response) => void hanging.promise.then(() => response.writeHead(204).end()));
    await change(key.id, 3);
    await sender.deliveries.round();
    await other.until((all) => all.length === 3);
    expect(receiver.received).toHaveLength(1);
    hanging.resolve();
    await sender.settle();
    expect(receiver.received).toHaveLength(3);
    await other.stop();
  });
});

it("a replay sends what there was since a time again, each under the id that it had", async () => {
  const { key } = await facade.create("tokenhub");
  const from = new Date().toISOString();
  const { call } = await newWebhook(keyway, receiver.url);
  await change(key.id, 3);
  await sender.settle();
  expect(receiver.received).toHaveLength(3);
  expect((await call("POST", "/replay", { from })).status).toBe(200);
  await sender.settle();
  const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
  expect(ids.slice(3)).toEqual(ids.slice(0, 3));
  // Into the future it leaves nothing out: not what is sent later, nor what waits.
  await call("POST", "/disable");
  await change(key.id, 1);
  await call("POST", "/replay", { from: "2090-01-01T00:00:00Z" });
  await call("POST", "/enable");
  await sender.settle();
  expect(types(receiver.received).slice(6)).toEqual(["webhook.ping", "key.updated"]);
});

it("of two senders over one store, one sends each event", async () => {
  const { key } = await facade.create("tokenhub");
  await newWebhook(keyway, receiver.url);
  await change(key.id, 20);
  const beside = driven(keyway);
  await Promise.all([sender.settle(), beside.settle()]);
  await sender.settle();
  await beside.deliveries.close();
  expect(receiver.received.map((one) => told(one).data.version)).toEqual(
    Array.from({ length: 20 }, (_, place) => place + 2),
  );
});

it("what a sender has begun is sent again where its place in the log was moved meanwhile", async () => {
  const { key } = await facade.create("tokenhub");
  const from = new Date().toISOString();
  const { call, deliveries } = await newWebhook(keyway, receiver.url);
  await change(key.id, 3);
  const answered = Promise.withResolvers<void>();
  receiver.respond((_, response) => void answered.promise.then(() => response.writeHead(204).end()));
  await sender.deliveries.round();
  await receiver.until((all) => all.length === 1);
  expect((await call("POST", "/replay", { from })).status).toBe(200);
  answered.resolve();
  await sender.settle();
  const versions = receiver.received.map((one) => told(one).data.version);
  expect([2, 3, 4].filter((version) => versions.includes(version))).toEqual([2, 3, 4]);
  expect(await deliveries()).toHaveLength(3);
});

it("an endpoint that is deleted while it is sent to leaves nothing behind", async () => {
  const { key } = await facade.create("tokenhub");
  const { id, call } = await newWebhook(keyway, receiver.url);
  await change(key.id, 1);
  const answered = Promise.withResolvers<void>();
  receiver.respond((_, response) => void answered.promise.then(() => response.writeHead(500).end()));
  await sender.deliveries.round();
  await receiver.until((all) => all.length === 1);
  expect((await call("DELETE")).status).toBe(204);
  answered.resolve();
  await sender.settle();
  await change(key.id, 1);
  await sender.settle();
  expect(receiver.received).toHaveLength(1);
  const { store } = keyway.house;
  for (const kind of ["webhook-endpoint", "webhook-cursor", "webhook-health"]) {
    expect(await store.readDocument(rootAccount, "keyway", kind, id)).toBeUndefined();
  }
  expect(
    await store.listDocumentsBackwards(rootAccount, id, "webhook-delivery", { before: null, limit: 10 }),
  ).toEqual([]);
});
