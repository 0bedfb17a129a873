import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type Delivering, openDelivering } from "../../../functions/jobs/deliver.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { type Receiver, sendingHere, startReceiver, told } from "../../support/receiver.ts";

let keyway: TestKeyway;
let delivering: Delivering;
let receiver: Receiver;
beforeAll(async () => {
  keyway = await startKeyway({ env: sendingHere });
  delivering = openDelivering(keyway.house);
});
afterAll(async () => {
  await delivering.close();
  await keyway.stop();
});
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

it("a change is told to an endpoint, signed, as the standard's own library reads it", async () => {
  const facade = facadeOf(keyway);
  const made = await facade.call("POST", "/v1/webhooks", { url: receiver.url });
  expect(made.status, made.text).toBe(201);
  const { secret, webhook } = made.body as { secret: string; webhook: { id: string } };
  const { key } = await facade.create("tokenhub");
  await receiver.until((all) => all.length === 1);
  const [first] = receiver.received;
  expect(new Webhook(secret).verify(first?.body ?? "", first?.headers ?? {})).toMatchObject({
    type: "key.created",
    data: { provider: "tokenhub", id: key.id, version: 1 },
  });
  await facade.call("POST", `/v1/keys/tokenhub/${key.id}/disable`);
  await facade.call("POST", `/v1/keys/tokenhub/${key.id}/enable`);
  await receiver.until((all) => all.length === 3);
  expect(receiver.received.map((one) => told(one).type)).toEqual([
    "key.created",
    "key.disabled",
    "key.enabled",
  ]);
  await delivering.idle();
  const list = await facade.call("GET", `/v1/webhooks/${webhook.id}/deliveries`);
  expect(list.body).toMatchObject({
    items: [
      { state: "delivered" },
      { state: "delivered" },
      { state: "delivered", attempts: [{ status: 204 }] },
    ],
  });
});
