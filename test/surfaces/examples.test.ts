import { afterAll, beforeAll, expect, it } from "vitest";
import { reportLeakDescription } from "../../functions/leaks/report-leak.ts";
import { operations } from "../../functions/operations.ts";
import { deliveryId, deliveryRecord } from "../../lib/events/delivery.ts";
import { rootAccount } from "../support/keyway.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { type Pair, startPair } from "../support/upstream.ts";
import { type Described, described, misfit } from "./support/described.ts";

let pair: Pair;
let receiver: Receiver;
beforeAll(async () => {
  // More than one service has room for by default: each example makes its own.
  pair = await startPair({ keysMax: 1000 });
  receiver = await startReceiver();
});
afterAll(async () => {
  await pair.stop();
  await receiver.stop();
});

/** An account has few of them: the one of the example before goes. */
const newWebhook = async (): Promise<string> => {
  const { facade } = pair;
  const { items } = (await facade.call("GET", "/v1/webhooks")).body as { items: readonly { id: string }[] };
  for (const { id } of items) await facade.call("DELETE", `/v1/webhooks/${id}`);
  const made = await facade.call("POST", "/v1/webhooks", { url: receiver.url });
  return (made.body as { webhook: { id: string } }).webhook.id;
};

const lastWebhook = async (): Promise<string> => {
  const { body } = await pair.facade.call("GET", "/v1/webhooks");
  return (body as { items: readonly { id: string }[] }).items[0]?.id ?? "";
};

const newDelivery = async (endpoint: string): Promise<string> => {
  const id = deliveryId(new Date(), 1, Math.random);
  const event = { id: "made-up", type: "key.created", subject: "tokenhub/made-up", version: 1 };
  const body = { seq: 1, event, state: "delivered" as const, attempts: [], counted: 1 };
  const place = { account: rootAccount, endpoint, id, version: 1, due: undefined, until: undefined };
  await pair.keyway.house.store.progress([
    { type: "insertDocument", record: deliveryRecord({ ...place, ...body }) },
  ]);
  return id;
};

/** What stands in braces in an example: made anew for each, because some of them end what they are about. */
const fill = async (example: string): Promise<Readonly<Record<string, string>>> => {
  const { facade } = pair;
  const ifNamed = async (name: string, make: () => Promise<string>): Promise<string> =>
    example.includes(`{${name}}`) ? make() : "";
  const credential = await facade.call("POST", "/v1/credentials", { name: "example", role: "viewer" });
  const presented = await facade.create("aione");
  const { value } = presented.material as unknown as { readonly value: string };
  const verdict = await facade.call("POST", "/v1/verify", { key: value });
  const excepted = (await facade.create("aione")).key.id;
  const soon = new Date(Date.now() + 86_400_000).toISOString();
  const exception = { provider: "aione", id: excepted, rule: "unused", until: soon, reason: "an example" };
  await facade.call("POST", "/v1/hygiene/exceptions", exception);
  const delivery = await ifNamed("delivery", async () => newDelivery(await newWebhook()));
  const webhook = await ifNamed("webhook", async () => (delivery === "" ? newWebhook() : lastWebhook()));
  return {
    soon,
    exceptedKey: excepted,
    webhook,
    delivery,
    secret: value,
    verification: (verdict.body as { requestId: string }).requestId,
    key: (await facade.create("tokenhub")).key.id,
    aioneKey: (await facade.create("aione")).key.id,
    credential: (credential.body as { credential: { id: string } }).credential.id,
    upstream: "apigateway-real",
    rotation: await ifNamed("rotation", rotation),
  };
};

/** One that takes its time: a real system's, with a grace. */
const rotation = async (): Promise<string> => {
  const { key } = await pair.facade.create("apigateway-real");
  await pair.facade.call("POST", `/v1/keys/apigateway-real/${key.id}/rotate`, { grace: 60 });
  const { items } = (await pair.facade.call("GET", "/v1/rotations?limit=1")).body as {
    items: { id: string }[];
  };
  return items[0]?.id ?? "";
};

const filled = (value: unknown, names: Readonly<Record<string, string>>): unknown =>
  JSON.parse(
    (JSON.stringify(value) ?? "null").replace(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole),
  );

const urlOf = ({ path, parameters }: Described, names: Readonly<Record<string, string>>): string => {
  const given = parameters.filter(({ example }) => example !== undefined);
  const value = (name: string): string =>
    String(filled(given.find((one) => one.name === name)?.example, names));
  const query = given
    .filter((one) => one.in === "query")
    .map(({ name }): [string, string] => [name, value(name)]);
  const tail = query.length === 0 ? "" : `?${new URLSearchParams(query)}`;
  return `${path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(value(name)))}${tail}`;
};

it("there is one of every operation", () => {
  expect(described.map((one) => one.operationId).toSorted()).toEqual(
    [...operations, reportLeakDescription].map(({ name }) => name).toSorted(),
  );
});

it.each(described.map((one) => [one.operationId, one] as const))(
  "the example of %s works, and its reply is as described",
  async (name, one) => {
    const names = await fill(JSON.stringify(one));
    const needsMatch = one.parameters.some((parameter) => parameter.name === "If-Match");
    const asProxy = one.security?.some((way) => "proxy" in way && "callersBearer" in way);
    const reply = await pair.facade.call(
      one.method,
      urlOf(one, names),
      one.body === undefined ? undefined : filled(one.body.example ?? {}, names),
      {
        headers: {
          ...(needsMatch && { "if-match": "*" }),
          ...(asProxy && {
            "x-keyway-token": pair.keyway.root.token,
            authorization: `Bearer ${names.secret}`,
          }),
        },
      },
    );
    expect([reply.status, reply.text]).toEqual([one.status, expect.any(String)]);
    const operation = [...operations, reportLeakDescription].find((known) => known.name === name);
    if (one.status !== 204 && !(operation && "forwarded" in operation)) {
      expect(operation?.reply.safeParse(reply.body)).toMatchObject({ success: true });
    }
    if (one.reply === undefined) expect(reply.text).toBe("");
    else expect(misfit(one.reply, reply.body)).toBeUndefined();
  },
);
