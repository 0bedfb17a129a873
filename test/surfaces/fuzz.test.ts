import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { facadeOf, providerNames } from "../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";
import { type Receiver, sendingHere, startReceiver } from "../support/receiver.ts";
import { described } from "./support/described.ts";
import { type FuzzRequest, fuzzed, fuzzRequests } from "./support/fuzz-requests.ts";
import { secretCanary, textCanary } from "./support/fuzz-values.ts";
import { faultOf } from "./support/fuzz-verdict.ts";
import { openSender, type Send } from "./support/send.ts";

const count = Number(process.env.FUZZ_REQUESTS ?? 10_000);
/** Another one each time; a failure tells it. */
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
const atOnce = 40;
const shownMax = 10;

let keyway: TestKeyway;
const keys: string[] = [];
const webhooks: string[] = [];
let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
  keyway = await startKeyway({ env: sendingHere });
  const facade = facadeOf(keyway);
  // Enough that some are left when others were deleted.
  for (let round = 0; round < 60; round++) {
    for (const provider of round < 15 ? providerNames : providerNames.slice(1)) {
      keys.push(`${provider}/${(await facade.create(provider)).key.id}`);
    }
  }
  for (let count = 0; count < 12; count++) {
    const { body } = await facade.call("POST", "/v1/webhooks", { url: receiver.url });
    webhooks.push((body as { webhook: { id: string } }).webhook.id);
  }
});
afterAll(async () => {
  await keyway.stop();
  await receiver.stop();
});

/** Of each operation, whether any request got through: a fuzz that gets no further than the door shows nothing. */
const accepted = new Set<string>();
/** One of each kind, with how to bring it about. */
const faults = new Map<string, string>();

const tell = ({ method, path, headers, body }: FuzzRequest): string =>
  `${method} ${path} ${JSON.stringify(headers)} ${body?.toString("utf8").slice(0, 1000) ?? ""}`;

const attempt = async (sent: FuzzRequest, send: Send): Promise<void> => {
  const { operation, method } = sent;
  const reply = await send(sent);
  const fault = faultOf(reply, { operation, method, token: keyway.root.token });
  const kind = `${operation}: ${fault}`;
  if (fault !== undefined && !faults.has(kind)) {
    const told = `${kind}\n${tell(sent)}\n-> ${reply.status} ${reply.text.slice(0, 1000)}`;
    faults.set(kind, told.replaceAll(keyway.root.token, "{token}"));
  }
  const own = described.find((one) => one.operationId === operation)?.method;
  if (reply.status < 300 && method === own) accepted.add(operation);
};

const inTurns = async (requests: Iterator<FuzzRequest>, send: Send): Promise<void> => {
  for (let next = requests.next(); next.done !== true; next = requests.next())
    await attempt(next.value, send);
};

/**
 * An inventory and a rotation that takes its time are of real systems alone, no other credential is there to be deleted, and
 * what can be settled is signed. An exception ends within a year of now.
 */
const unreached: readonly string[] = [
  "SyncProvider",
  "ReadRotation",
  "CancelRotation",
  "DeleteCredential",
  "RetryDelivery",
  "SettleVerification",
  "CreateException",
  "DeleteException",
];

it(`${count} requests of the description's making meet no fault of ours, and no echo of a secret`, {
  timeout: 300_000,
}, async () => {
  const any = fuzzRequests({ keys, webhooks, token: keyway.root.token });
  const requests = fc.sample(any, { numRuns: count, seed }).values();
  const { send, close } = openSender(keyway.url, atOnce);
  await Promise.all(Array.from({ length: atOnce }, () => inTurns(requests, send)));
  close();
  expect([...faults.values()].slice(0, shownMax).join("\n\n"), `FUZZ_SEED=${seed}`).toBe("");
  const names = fuzzed.map((one) => one.operationId).filter((name) => !unreached.includes(name));
  expect([...accepted].toSorted()).toEqual(names.toSorted());
  await new Promise((resolve) => setImmediate(resolve));
  const log = keyway.log();
  for (const text of [secretCanary, textCanary, keyway.root.token, '"level":"error"']) {
    expect(log.includes(text), `${text} in the log, FUZZ_SEED=${seed}`).toBe(false);
  }
});
