import { Webhook as Verifier } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import {
  answer,
  type Received,
  type Receiver,
  sendingHere,
  startReceiver,
  succeed,
  told,
} from "../../support/receiver.ts";
import { type Driven, driven, newWebhook } from "../../support/webhooks.ts";

const [second, minute, hour] = [1000, 60_000, 3_600_000];

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

/** With a clock that is put forward: events of theirs lie in the future of others. */
describe("a failure", () => {
  it("lets later events by, and is tried again by the schedule under the same id, signed anew", async () => {
    const { key } = await facade.create("tokenhub");
    const { secret, deliveries } = await newWebhook(keyway, receiver.url);
    await change(key.id, 3);
    receiver.respond((one, ...rest) =>
      told(one).data.version === 3 ? answer(500, {}, "not now")(one, ...rest) : succeed(one, ...rest),
    );
    await sender.settle();
    const versions = (): readonly unknown[] => receiver.received.map((one) => told(one).data.version);
    expect(versions()).toEqual([2, 3, 4]);
    const [, failed] = await deliveries();
    expect(failed).toMatchObject({
      state: "retrying",
      attempts: [{ status: 500, fault: null, answer: "not now" }],
    });
    sender.advance(3.9 * second);
    await sender.settle();
    expect(versions()).toHaveLength(3);
    sender.advance(3 * second);
    receiver.respond(succeed);
    await sender.settle();
    expect(versions()).toEqual([2, 3, 4, 3]);
    const [, first, , again] = receiver.received;
    expect(again?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(again?.body).toBe(first?.body);
    expect(Number(again?.headers["webhook-timestamp"])).toBeGreaterThan(
      Number(first?.headers["webhook-timestamp"]),
    );
    expect(() => new Verifier(secret).verify(again?.body ?? "", again?.headers ?? {})).not.toThrow();
    expect((await deliveries())[1]).toMatchObject({ state: "delivered", attempts: [{}, { status: 204 }] });
  });

  it("is tried ten times in three days, then given up, which is an event of its own", async () => {
    const other = await startReceiver();
    const { key } = await facade.create("tokenhub");
    const { id, deliveries, call } = await newWebhook(keyway, receiver.url);
    await newWebhook(keyway, other.url);
    await change(key.id, 1);
    receiver.respond((one, ...rest) =>
      told(one).data.version === 2 ? answer(500)(one, ...rest) : succeed(one, ...rest),
    );
    await sender.settle();
    // Svix's tenth comes after 75 h 35 min 5 s; with the jitter at its most, each step is a fifth longer.
    for (const ms of [5 * second, 5 * minute, 30 * minute, ...[2, 5, 10, 14, 20, 24].map((h) => h * hour)]) {
      const before = receiver.received.length;
      sender.advance(0.8 * ms - second);
      await sender.settle();
      expect(receiver.received).toHaveLength(before);
      sender.advance(0.4 * ms + 2 * second);
      // Something that succeeds in between, or the endpoint itself would be taken for one that fails.
      await change(key.id, 1);
      await sender.settle();
      expect(receiver.received).toHaveLength(before + 2);
    }
    const dead = (await deliveries()).find(({ state }) => state === "dead");
    expect(dead?.attempts).toHaveLength(10);
    sender.advance(48 * hour);
    await sender.settle();
    expect(types(receiver.received)).not.toContain("webhook.exhausted");
    const exhausted = other.received.map(told).filter(({ type }) => type === "webhook.exhausted");
    // Of the endpoint as it is: a version of the delivery's would make later words about the endpoint look old.
    expect(exhausted).toMatchObject([
      { data: { id, version: 1, delivery: dead?.id, event: { type: "key.updated" } } },
    ]);
    const trail = await facade.call("GET", "/v1/audit?limit=5");
    expect(trail.text).toContain("keyway:GiveUpDelivery");
    receiver.respond(succeed);
    expect((await call("POST", `/deliveries/${dead?.id}/retry`)).body).toMatchObject({
      delivery: { state: "retrying" },
    });
    await sender.settle();
    expect(told(receiver.received.at(-1) as Received)).toMatchObject({ data: { version: 2 } });
    expect((await deliveries()).find((one) => one.id === dead?.id)?.state).toBe("delivered");
    await other.stop();
  });

  it("with a time to come back is tried no sooner", async () => {
    const { key } = await facade.create("tokenhub");
    const { deliveries } = await newWebhook(keyway, receiver.url);
    await change(key.id, 1);
    receiver.respond(answer(503, { "retry-after": "120" }));
    await sender.settle();
    const [waiting] = await deliveries();
    expect(Date.parse(waiting?.nextAttemptAt ?? "") - Date.now()).toBeGreaterThan(100 * second);
    await change(key.id, 1);
    sender.advance(60 * second);
    await sender.settle();
    expect(receiver.received).toHaveLength(1);
    receiver.respond(succeed);
    sender.advance(120 * second);
    await sender.settle();
    expect(receiver.received).toHaveLength(3);
  });
});

describe("an endpoint that is down", () => {
  it("costs few attempts, leaves its events in the log, and gets them in their order when it is back", async () => {
    const { key } = await facade.create("tokenhub");
    const { read, deliveries } = await newWebhook(keyway, receiver.url);
    receiver.respond(answer(500));
    await change(key.id, 40);
    await sender.settle();
    expect(receiver.received).toHaveLength(3);
    expect(await read()).toMatchObject({ health: { failures: 3, pausedUntil: expect.any(String) } });
    for (let count = 0; count < 3; count++) {
      sender.advance(2 * second);
      await sender.settle();
    }
    expect(receiver.received.length).toBeLessThan(8);
    const before = receiver.received.length;
    receiver.respond(succeed);
    for (let count = 0; count < 20; count++) {
      sender.advance(minute);
      await sender.settle();
    }
    const later = receiver.received.slice(before).map((one) => Number(told(one).data.version));
    // All have come; the ones that had not been tried before came in their order.
    expect(new Set(later).size).toBe(40);
    const tried = new Set(receiver.received.slice(0, before).map((one) => told(one).data.version));
    const untried = later.filter((version) => !tried.has(version));
    expect(untried).toEqual(untried.toSorted((one, two) => one - two));
    expect(await read()).toMatchObject({ health: { failures: 0, pausedUntil: null } });
    expect((await deliveries()).map(({ state }) => state)).not.toContain("retrying");
  });

  // Many steps, each of many calls of the table where there is one.
  it("for five days is disabled, told to others, and enabled again once it answers", {
    timeout: 120_000,
  }, async () => {
    const other = await startReceiver();
    const { key } = await facade.create("tokenhub");
    const { id, read, call } = await newWebhook(keyway, receiver.url);
    await newWebhook(keyway, other.url, { body: { types: ["webhook.disabled"] } });
    receiver.respond(answer(500));
    for (let hours = 0; hours < 5 * 24; hours += 6) {
      await change(key.id, 1);
      await sender.settle();
      expect(await read()).toMatchObject({ status: "enabled" });
      sender.advance(6 * hour);
    }
    // The clock began with the failure that was twelve hours after the first.
    for (let hours = 0; hours <= 24; hours += 6) {
      await sender.settle();
      sender.advance(6 * hour);
    }
    expect(await read()).toMatchObject({ status: "disabled", reason: "failing" });
    await sender.settle();
    expect(other.received.map(told)).toMatchObject([
      { type: "webhook.disabled", data: { id, reason: "failing" } },
    ]);
    const before = receiver.received.length;
    await change(key.id, 2);
    await sender.settle();
    expect(receiver.received).toHaveLength(before);
    expect(await call("POST", "/enable")).toMatchObject({ status: 409, body: { code: "state_unsuitable" } });
    receiver.respond(succeed);
    expect((await call("POST", "/enable")).body).toMatchObject({
      webhook: { status: "enabled", reason: null, health: { failures: 0 } },
    });
    expect(types(receiver.received).slice(before)).toEqual(["webhook.ping", "webhook.ping"]);
    await sender.settle();
    // What the log has kept since comes now.
    expect(types(receiver.received).at(-1)).toBe("key.updated");
    await other.stop();
  });

  it("says that it is gone, and is asked no more", async () => {
    const { key } = await facade.create("tokenhub");
    const { read, deliveries } = await newWebhook(keyway, receiver.url);
    receiver.respond(answer(410));
    await change(key.id, 10);
    await sender.settle();
    expect(receiver.received).toHaveLength(1);
    expect(await read()).toMatchObject({ status: "disabled", reason: "gone" });
    sender.advance(hour);
    await sender.settle();
    expect(receiver.received).toHaveLength(1);
    expect(await deliveries()).toMatchObject([{ state: "dead" }]);
  });
});
