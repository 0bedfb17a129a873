import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { sweepRound } from "../../functions/jobs/sweep.ts";
import { facadeOf } from "../support/facade-client.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { type Pair, startPair } from "../support/upstream.ts";

/** A real system that has room for no other key: what is left of a rotation that it refuses. */

let full: Pair;
let proxy: FaultProxy;
beforeAll(async () => {
  full = await startPair({
    keysMax: 1,
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
});
afterAll(async () => {
  vi.useRealTimers();
  await full.stop();
  await proxy.stop();
});
interface Rotation {
  readonly step: string;
  readonly trouble: string | null;
}

const refusal = [422, expect.objectContaining({ code: "key_limit_reached" })];
const listRotations = async (): Promise<readonly Rotation[]> =>
  ((await full.facade.call("GET", "/v1/rotations")).body as { items: Rotation[] }).items;
const keysThere = async (): Promise<readonly string[]> =>
  (
    (await facadeOf(full.real).call("GET", "/v1/keys?provider=tokenhub")).body as {
      items: { id: string }[];
    }
  ).items.map(({ id }) => id);

it("refuses the call, and no rotation is left of it, nor a key, also of one that is sent again", async () => {
  const { key } = await full.facade.create("tokenhub-real");
  const path = `/v1/keys/tokenhub-real/${key.id}`;
  const { store, providers } = full.keyway.house;
  const account = providers.find(({ name }) => name === "tokenhub-real")?.account;
  if (account == null) throw new Error("no account");
  const seq = await store.lastEventSeq(account);
  const headers = { "idempotency-key": "once-there-is-room" };
  for (const options of [{}, { headers }, { headers }]) {
    const reply = await full.facade.call("POST", `${path}/rotate`, {}, options);
    expect([reply.status, reply.body]).toEqual(refusal);
  }
  await sweepRound(full.keyway.house)();
  expect(await listRotations()).toEqual([]);
  expect(await keysThere()).toEqual([key.id]);
  expect((await full.facade.call("GET", path)).body).toMatchObject({
    key: { id: key.id, graceUntil: null },
  });
  const events = await store.readEvents(account, seq, 100);
  expect(events.slice(0, 2)).toMatchObject([
    { type: "rotation.started" },
    { type: "rotation.failed", data: { id: key.id, to: null, trouble: "key_limit_reached" } },
  ]);
  expect(events).toHaveLength(6);
});

it("fails a rotation that was told of before that was known, and it says why", async () => {
  const [id = ""] = await keysThere();
  proxy.fail("CreateApiKey", ...Array.from({ length: 10 }, () => "throttled" as const));
  const reply = await full.facade.call("POST", `/v1/keys/tokenhub-real/${id}/rotate`, {});
  expect([reply.status, reply.text]).toEqual([502, expect.stringContaining("/v1/rotations/")]);
  expect(await listRotations()).toMatchObject([{ step: "create", trouble: "rate_limited" }]);
  proxy.fail("CreateApiKey");
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 15_000, shouldAdvanceTime: true });
  await sweepRound(full.keyway.house)();
  expect(await listRotations()).toMatchObject([{ step: "failed", trouble: "key_limit_reached" }]);
  expect(await keysThere()).toEqual([id]);
});
