import { afterAll, beforeAll, expect, it } from "vitest";
import { hygieneJob } from "../../../functions/jobs/hygiene.ts";
import { sweep } from "../../../lib/jobs/sweep.ts";
import { callFacade } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { rootAccount } from "../../support/keyway.ts";
import { codeOf, sdkClient } from "../../support/sdk.ts";
import { type Pair, startPair } from "../../support/upstream.ts";

/** What is found of real systems, and what goes to them in their own words, is an event. */

let pair: Pair;
let proxy: FaultProxy;
let real: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  pair = await startPair({
    native: true,
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
  real = facadeOf(pair.real);
});
afterAll(async () => {
  await pair.stop();
  await proxy.stop();
});

const during = async (work: () => Promise<unknown>) => {
  const { store } = pair.keyway.house;
  const seq = await store.lastEventSeq(rootAccount);
  await work();
  return store.readEvents(rootAccount, seq, 1000);
};
const found = async (work: () => Promise<unknown>): Promise<readonly unknown[]> =>
  (await during(work))
    .filter(({ type }) => type.startsWith("finding."))
    .map(({ type, data }) => {
      const { rule, provider, key } = data as Record<string, unknown>;
      return [type, rule, provider, key];
    });
const sync = async (provider: string): Promise<void> => {
  const reply = await pair.facade.call("POST", `/v1/providers/${provider}/sync`);
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
};

it("what appeared, changed and vanished elsewhere is found, once, by the inventory that sees it", async () => {
  const here = "apigateway-real";
  const id = (await real.create("apigateway", { name: "made-there" })).key.id;
  await pair.facade.create(here, { name: "made-here" });
  expect(await found(() => sync(here))).toEqual([["finding.opened", "appeared", here, id]]);
  expect(await found(() => sync(here))).toEqual([]);
  await real.call("POST", `/v1/keys/apigateway/${id}/disable`);
  expect(await found(() => sync(here))).toEqual([["finding.opened", "changed", here, id]]);
  await real.call("DELETE", `/v1/keys/apigateway/${id}?confirm=${id}`);
  expect(await found(() => sync(here))).toEqual([["finding.opened", "vanished", here, id]]);
  expect(await found(() => sync(here))).toEqual([]);
});

it("of many that vanished each is told of once, whichever part of the inventory forgot it", async () => {
  const here = "apigateway-real";
  const ids: string[] = [];
  for (let made = 0; made < 60; made++) {
    ids.push((await real.create("apigateway", { name: `many-${made}` })).key.id);
  }
  const told = (rule: string) => ids.map((id) => ["finding.opened", rule, here, id]).toSorted();
  expect((await found(() => sync(here))).toSorted()).toEqual(told("appeared"));
  for (const id of ids) {
    await real.call("POST", `/v1/keys/apigateway/${id}/disable`);
    expect((await real.call("DELETE", `/v1/keys/apigateway/${id}?confirm=${id}`)).status).toBe(204);
  }
  expect((await found(() => sync(here))).toSorted()).toEqual(told("vanished"));
});

it("a key that was rotated is found by the id that callers know, whatever it is called there", async () => {
  const here = "tokenhub-real";
  const { id } = (await pair.facade.create(here)).key;
  const path = `/v1/keys/${here}/${id}`;
  expect((await pair.facade.call("POST", `${path}/rotate`, { grace: 0 })).status).toBe(200);
  await sync(here);
  const { key } = (await pair.facade.call("GET", path)).body as { key: { native: { currentId: string } } };
  const there = `/v1/keys/tokenhub/${key.native.currentId}`;
  await real.call("POST", `${there}/disable`);
  expect(await found(() => sync(here))).toEqual([["finding.opened", "changed", here, id]]);
  await real.call("DELETE", `${there}?confirm=${key.native.currentId}`);
  expect(await found(() => sync(here))).toEqual([["finding.opened", "vanished", here, id]]);
});

it("a change whose outcome nobody knows is found once, and its finding ends when somebody knows", async () => {
  const body = { provider: "aione-real", name: "lost-and-found" };
  const send = () => pair.facade.call("POST", "/v1/keys", body, { headers: { "idempotency-key": "lost-1" } });
  proxy.fail("POST /api/v1/gateway/keys", "reset before");
  const opened = await during(send);
  expect(opened).toMatchObject([
    { type: "finding.opened", data: { rule: "outcome_unknown", provider: "aione-real", key: null } },
  ]);
  // Neither the same call, which is too early, nor an inventory tells of it a second time.
  const again = async (): Promise<void> => {
    expect((await send()).status).toBe(409);
    await sync("aione-real");
  };
  expect((await found(again)).filter((one) => String(one).includes("outcome_unknown"))).toEqual([]);
  await real.create("aione", { name: body.name });
  const ended = await during(async () => expect((await send()).status).toBe(201));
  expect(ended.map(({ type, subject }) => [type, subject])).toEqual([
    ["key.created", expect.anything()],
    ["finding.ended", opened[0]?.subject],
  ]);
});

it("a change that a process left without a word is found by the next inventory, once", async () => {
  const { store } = pair.keyway.house;
  const record = {
    ...{ account: rootAccount, provider: "tokenhub-real", kind: "upstream-intent", id: "left-behind" },
    ...{ region: "", version: 1 },
    body: {
      ...{ operation: "disable", about: "ak-left", requestId: "r", fingerprint: null, before: null },
      ...{ startedAt: "2026-01-01T00:00:00.000Z", heldAt: "2026-01-01T00:00:00.000Z" },
    },
  };
  await store.progress([{ type: "insertDocument", record }]);
  const told = ["finding.opened", "outcome_unknown", "tokenhub-real", "ak-left"];
  expect(await found(() => sync("tokenhub-real"))).toEqual([told]);
  expect(await found(() => sync("tokenhub-real"))).toEqual([]);
});

it("a call that is passed on is told of when the real system took it, and not when it refused or only read", async () => {
  const client = sdkClient(pair.keyway);
  const Platform = "maas";
  let id = "";
  const events = await during(async () => {
    id = (await client.CreateApiKey({ Platform, ApiKeyName: "passed-on", BindType: "all" })).ApiKeyId ?? "";
    await client.DescribeApiKey({ Platform, ApiKeyId: id });
    await client.ModifyApiKeyStatus({ Platform, ApiKeyId: id, Status: "disable" });
    expect(await codeOf(client.DeleteApiKey({ Platform, ApiKeyId: "ak-nobody" }))).not.toBe("");
    await client.DeleteApiKey({ Platform, ApiKeyId: id });
  });
  const provider = "tokenhub-real";
  expect(events.map(({ type, data }) => [type, data])).toEqual([
    ["call.passed_on", { provider, action: "CreateApiKey", effect: "makes", id }],
    ["call.passed_on", { provider, action: "ModifyApiKeyStatus", effect: "changes", id }],
    ["call.passed_on", { provider, action: "DeleteApiKey", effect: "removes", id }],
  ]);
});

it("a passed-on call without an answer is found, of no key that it does not name", async () => {
  proxy.fail("POST /api/v1/gateway/keys", "reset after");
  const make = () => callFacade(pair.keyway, "POST", "/api/v1/gateway/keys", { body: { name: "n" } });
  expect(await found(make)).toEqual([["finding.opened", "outcome_unknown", "aione-real", null]]);
});

it("hygiene of a system that is away is told when it is back, and that of the others before", async () => {
  const { house } = pair.keyway;
  const { url } = pair.real;
  await pair.facade.call("POST", "/v1/webhooks", { url: `${url}/hook`, types: ["finding.opened"] });
  const there = (await pair.facade.create("aione-real")).key.id;
  const here = (await pair.facade.create("aione")).key.id;
  const walkAfter = async (ms: number): Promise<void> => {
    const clock = (): Date => new Date(Date.now() + ms);
    const parts = { ...house, clock };
    const until = new Date(clock().getTime() + 50_000);
    await sweep({ store: house.store, clock, health: house.jobHealth }, [hygieneJob(parts)], until);
  };
  const scopes = async (work: () => Promise<unknown>) =>
    (await found(work)).filter((one) => String(one).includes("select_all_scope"));
  const isAway = (name: string): boolean => name.includes("-real");
  proxy.fail("*", ...Array.from({ length: 1000 }, () => "500 before" as const));
  const first = await scopes(async () => {
    for (let turn = 1; turn <= 6; turn++) await walkAfter(turn * 601_000);
  });
  const told = (provider: string, id: string) => ["finding.opened", "select_all_scope", provider, id];
  expect(first).toContainEqual(told("aione", here));
  expect(first.filter((one) => isAway(String(one)))).toEqual([]);
  proxy.fail("*");
  const second = await scopes(async () => {
    for (let turn = 7; turn <= 13; turn++) await walkAfter(turn * 601_000);
  });
  expect(second).toContainEqual(told("aione-real", there));
  expect(second).not.toContainEqual(told("aione", here));
  // What vanishes there without a word to Keyway is over with the next pass.
  await real.call("DELETE", `/v1/keys/aione/${there}?confirm=${there}`);
  const ended = await found(async () => {
    for (let turn = 0; turn < 3; turn++) await walkAfter(2 * 86_400_000 + turn * 601_000);
  });
  expect(ended).toContainEqual(["finding.ended", "select_all_scope", "aione-real", there]);
});
