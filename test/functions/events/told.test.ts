import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import { apigatewayClient } from "../../support/apigateway-client.ts";
import { csipClient } from "../../support/csip-client.ts";
import { issueAccount } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { madeUpRoot, rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { type Receiver, sendingHere, startReceiver, told } from "../../support/receiver.ts";
import { driven, newWebhook } from "../../support/webhooks.ts";

/** Every change is an event, in the commit that changes it, and tells nothing that opens anything. */

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
let receiver: Receiver;
beforeAll(async () => {
  keyway = await startKeyway({ env: sendingHere });
  facade = facadeOf(keyway);
  receiver = await startReceiver();
});
afterAll(async () => {
  await keyway.stop();
  await receiver.stop();
});

/** What the account's log has of a piece of work, and how many entries its trail got meanwhile. */
const during = async (work: () => Promise<unknown>, account: AccountId = rootAccount) => {
  const { store } = keyway.house;
  const seq = await store.lastEventSeq(account);
  const { seq: entry } = await store.readAuditHead(account);
  await work();
  const events = await store.readEvents(account, seq, 100);
  return { events, entries: (await store.readAuditHead(account)).seq - entry };
};

const origin = "https://hooks.example.com";
const url = `${origin}/capability-in-the-path?token=in-the-address`;
const description = "words-of-its-owner";

describe("an endpoint", () => {
  it("that is created, changed, disabled, enabled, given a new secret, replayed and deleted is told of", async () => {
    const made = await newWebhook(keyway, url, { body: { description, types: ["key.created"] } });
    const here = await newWebhook(keyway, receiver.url);
    const from = "2026-11-21T12:00:00.000Z";
    const data = { id: made.id, url: origin, types: ["key.created"], status: "enabled", scheme: "v1" };
    const { events, entries } = await during(async () => {
      expect((await made.call("PATCH", "", { description: "else", types: "all" })).status).toBe(200);
      expect((await made.call("POST", "/disable")).status).toBe(200);
      expect((await made.call("POST", "/rotate-secret", { overlap: 0 })).status).toBe(200);
      expect((await here.call("POST", "/disable")).status).toBe(200);
      expect((await here.call("POST", "/enable")).status).toBe(200);
      expect((await here.call("POST", "/replay", { from })).status).toBe(200);
      expect((await made.call("DELETE")).status).toBe(204);
    });
    const all = { ...data, types: "all" };
    const off = { ...all, status: "disabled" };
    expect(events.map(({ type, subject, version, data: has }) => [type, subject, version, has])).toEqual([
      ["webhook.changed", `webhook/${made.id}`, 2, { ...all, fields: ["types", "description"] }],
      ["webhook.changed", `webhook/${made.id}`, 3, { ...off, fields: ["status"] }],
      ["webhook.secret_rotated", `webhook/${made.id}`, 4, { ...off, until: null }],
      ["webhook.changed", `webhook/${here.id}`, 2, expect.objectContaining({ status: "disabled" })],
      ["webhook.changed", `webhook/${here.id}`, 3, expect.objectContaining({ status: "enabled" })],
      ["webhook.replayed", `webhook/${here.id}`, 4, expect.objectContaining({ from })],
      ["webhook.deleted", `webhook/${made.id}`, 5, off],
    ]);
    expect(entries).toBe(events.length);
    const whole = JSON.stringify(await keyway.house.store.readEvents(rootAccount, 0, 1000));
    expect(whole).toContain("webhook.created");
    for (const text of ["capability", "in-the-address", description, made.secret, here.secret]) {
      expect(whole.includes(text), text).toBe(false);
    }
    await here.call("DELETE");
  });

  it("is told of others and never of itself, its own end among it", async () => {
    const sender = driven(keyway);
    const own = await startReceiver();
    const watching = await newWebhook(keyway, receiver.url);
    const other = await newWebhook(keyway, own.url);
    const from = receiver.received.length;
    await other.call("PATCH", "", { description: "else" });
    await sender.settle();
    await other.call("DELETE");
    await sender.settle();
    const mine = receiver.received.slice(from).map(told);
    expect(mine.map(({ type, data: { id } }) => [type, id])).toEqual([
      ["webhook.created", other.id],
      ["webhook.changed", other.id],
      ["webhook.deleted", other.id],
    ]);
    expect(own.received).toEqual([]);
    await sender.deliveries.close();
    await watching.call("DELETE");
    await own.stop();
  });

  it("that asks for nothing new makes no event: one that is enabled, a ping, a delivery once more", async () => {
    const sender = driven(keyway);
    const here = await newWebhook(keyway, receiver.url);
    await facade.create("aione");
    await sender.settle();
    const [delivery] = await here.deliveries();
    const { events } = await during(async () => {
      expect((await here.call("POST", "/enable")).status).toBe(200);
      expect((await here.call("POST", "/ping")).status).toBe(200);
      expect((await here.call("POST", `/deliveries/${delivery?.id}/retry`)).status).toBe(200);
    });
    expect(events).toEqual([]);
    await sender.deliveries.close();
    await here.call("DELETE");
  });
});

it("an account is told of to the one that made it, and to no other", async () => {
  const { body } = await facade.call("POST", "/v1/accounts", { name: "a bystander" });
  const { id: bystander } = (body as { account: { id: AccountId } }).account;
  const seen = await during(async () => {
    const { events, entries } = await during(() => issueAccount(keyway));
    expect(events).toMatchObject([{ type: "account.created", version: 1, data: { name: "another tenant" } }]);
    expect(entries).toBe(1);
  }, bystander);
  expect(seen.events).toEqual([]);
});

it("the root credential is told of when it is made and when it is exchanged, without its secrets", async () => {
  const root = madeUpRoot();
  const again = await startKeyway({ folder: keyway.folder, root, keep: true, env: sendingHere });
  await again.stop();
  // Back to the one that the other tests call with.
  await (await startKeyway({ folder: keyway.folder, root: keyway.root, keep: true })).stop();
  const events = await keyway.house.store.readEvents(rootAccount, 0, 1000);
  const mine = events.filter(({ subject }) => subject === "credential/root");
  expect(mine.map(({ type, data }) => [type, data])).toEqual([
    ["credential.created", { id: "root" }],
    ["credential.replaced", { id: "root" }],
    ["credential.replaced", { id: "root" }],
  ]);
});

it("a usage plan is told of: made, changed, its keys bound and taken away, deleted", async () => {
  const client = apigatewayClient(keyway);
  const { key } = await facade.create("apigateway");
  const { events, entries } = await during(async () => {
    const { Result } = await client.CreateUsagePlan({ UsagePlanName: "gold", MaxRequestNum: 100 });
    const UsagePlanId = Result?.UsagePlanId ?? "";
    await client.ModifyUsagePlan({ UsagePlanId, MaxRequestNumPreSec: 7 });
    await client.BindSecretIds({ UsagePlanId, AccessKeyIds: [key.id] });
    await client.UnBindSecretIds({ UsagePlanId, AccessKeyIds: [key.id] });
    await client.DeleteUsagePlan({ UsagePlanId });
  });
  const plan = { provider: "apigateway", name: "gold", requestsMax: 100, requestsPerSecond: -1 };
  const changed = { ...plan, requestsPerSecond: 7 };
  const of = events.filter(({ type }) => type.startsWith("plan."));
  expect(of.map(({ type, version, data }) => [type, version, data])).toEqual([
    ["plan.created", 1, expect.objectContaining(plan)],
    ["plan.changed", 2, expect.objectContaining(changed)],
    ["plan.bound", 3, expect.objectContaining({ ...changed, keys: [key.id] })],
    ["plan.unbound", 4, expect.objectContaining({ ...changed, keys: [key.id] })],
    ["plan.deleted", 5, expect.objectContaining(changed)],
  ]);
  expect(entries).toBe(of.length);
});

it("machines of the Key Sandbox are told of one by one, and only those that were moved", async () => {
  const client = csipClient(keyway);
  const { events } = await during(async () => {
    await client.InstallKeySandboxSkill({ InstanceIdList: ["ins-told1", "ins-told2"] });
    await client.InstallKeySandboxSkill({ InstanceIdList: ["ins-told2", "ins-told3"] });
    await client.UninstallKeySandboxSkill({ InstanceIdList: ["ins-told1", "ins-never"] });
  });
  expect(events.map(({ type, subject, version, data }) => [type, subject, version, data])).toEqual([
    ["skill.installed", "sandbox-machine/csip/ins-told1", 1, { provider: "csip", id: "ins-told1" }],
    ["skill.installed", "sandbox-machine/csip/ins-told2", 1, { provider: "csip", id: "ins-told2" }],
    ["skill.installed", "sandbox-machine/csip/ins-told3", 1, { provider: "csip", id: "ins-told3" }],
    ["skill.uninstalled", "sandbox-machine/csip/ins-told1", 2, { provider: "csip", id: "ins-told1" }],
  ]);
});
