import { createPublicKey, verify } from "node:crypto";
import { Webhook as Verifier } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { type Received, type Receiver, sendingHere, startReceiver } from "../../support/receiver.ts";
import { type Driven, driven, newWebhook } from "../../support/webhooks.ts";

let keyway: TestKeyway;
let receiver: Receiver;
let sender: Driven;
beforeAll(async () => {
  keyway = await startKeyway({ env: sendingHere });
});
afterAll(() => keyway.stop());
beforeEach(async () => {
  receiver = await startReceiver();
  sender = driven(keyway);
});
afterEach(async () => {
  await sender.deliveries.close();
  await receiver.stop();
});

const next = async (): Promise<Received> => {
  await facadeOf(keyway).create("tokenhub");
  await sender.settle();
  const last = receiver.received.at(-1);
  if (last === undefined) throw new Error("nothing came");
  return last;
};
const signatures = ({ headers }: Received): readonly string[] =>
  (headers["webhook-signature"] ?? "").split(" ");
/** The library holds the time of signing against its own clock. */
const isSignedBy = (secret: string, { body, headers }: Received): boolean => {
  const { "webhook-id": id = "", "webhook-timestamp": seconds = "" } = headers;
  return signatures({ body, headers, path: "" }).includes(
    new Verifier(secret).sign(id, new Date(Number(seconds) * 1000), body),
  );
};

it("while a rotation overlaps, both secrets sign; then the new one alone", async () => {
  const { secret: first, call } = await newWebhook(keyway, receiver.url);
  const rotated = await call("POST", "/rotate-secret", { overlap: 3600 });
  expect(rotated.body).toMatchObject({
    webhook: {
      secrets: [
        { generation: 2, until: null },
        { generation: 1, until: expect.any(String) },
      ],
    },
  });
  const { secret: second } = rotated.body as { secret: string };
  expect(second).not.toBe(first);
  const both = await next();
  expect(signatures(both)).toHaveLength(2);
  expect([isSignedBy(first, both), isSignedBy(second, both)]).toEqual([true, true]);
  for (const secret of [first, second]) {
    expect(() => new Verifier(secret).verify(both.body, both.headers)).not.toThrow();
  }
  // A third would end one that the receiver may still have.
  expect(await call("POST", "/rotate-secret", { overlap: 60 })).toMatchObject({ status: 409 });
  sender.advance(3_601_000);
  const alone = await next();
  expect(signatures(alone)).toHaveLength(1);
  expect([isSignedBy(first, alone), isSignedBy(second, alone)]).toEqual([false, true]);
});

it("without an overlap the new secret signs alone, at once", async () => {
  const { secret: first, call } = await newWebhook(keyway, receiver.url);
  await call("POST", "/rotate-secret", { overlap: 3600 });
  const { secret: third } = (await call("POST", "/rotate-secret", { overlap: 0 })).body as { secret: string };
  const alone = await next();
  expect(signatures(alone)).toHaveLength(1);
  expect([isSignedBy(first, alone), isSignedBy(third, alone)]).toEqual([false, true]);
});

it("an endpoint of scheme v1a is signed to by a key whose public half it can read", async () => {
  const { call, read } = await newWebhook(keyway, receiver.url, { body: { scheme: "v1a" } });
  const keysOf = async () => {
    const { secrets } = (await read()) as { secrets: readonly { publicKey: string }[] };
    return secrets.map(({ publicKey }) => {
      const x = Buffer.from(publicKey.replace(/^whpk_/, ""), "base64").toString("base64url");
      return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    });
  };
  const verified = async (received: Received): Promise<readonly boolean[]> => {
    const { "webhook-id": id, "webhook-timestamp": seconds } = received.headers;
    const text = Buffer.from(`${id}.${seconds}.${received.body}`);
    const signed = signatures(received).map((one) => Buffer.from(one.replace(/^v1a,/, ""), "base64"));
    return (await keysOf()).map((key) => signed.some((signature) => verify(null, text, key, signature)));
  };
  expect(await verified(await next())).toEqual([true]);
  await call("POST", "/rotate-secret", { overlap: 3600 });
  const both = await next();
  expect(await verified(both)).toEqual([true, true]);
  expect(await verified({ ...both, body: both.body.replace("a-key", "b-key") })).toEqual([false, false]);
});
