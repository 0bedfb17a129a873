import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sweepRound } from "../../functions/jobs/sweep.ts";
import { facadeOf } from "../support/facade-client.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import type { TestKeyway } from "../support/keyway.ts";
import { type Pair, startPair } from "../support/upstream.ts";

/** Rotations whose calls go wrong on the way, or meet each other. */

let pair: Pair;
let proxy: FaultProxy;
let beside: TestKeyway;
beforeAll(async () => {
  pair = await startPair({
    keysMax: 300,
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
  beside = await pair.beside();
});
afterAll(async () => {
  vi.useRealTimers();
  await beside.stop();
  await pair.stop();
  await proxy.stop();
});

type Material = Readonly<Record<string, string>>;
type Service = "tokenhub" | "apigateway";

let serial = 0;
const create = async (service: Service) => {
  const name = `faulty-rotation-${++serial}`;
  const { key, material } = await pair.facade.create(`${service}-real`, { name });
  return {
    service,
    name,
    id: key.id,
    old: material as unknown as Material,
    path: `/v1/keys/${service}-real/${key.id}`,
  };
};
type Made = Awaited<ReturnType<typeof create>>;

const really = async ({ service, name }: Made): Promise<readonly { id: string; status: string }[]> => {
  const reply = await facadeOf(pair.real).call("GET", `/v1/keys?provider=${service}&q=${name}&limit=100`);
  return (reply.body as { items: { id: string; name: string; status: string }[] }).items.filter(
    (one) => one.name === name,
  );
};
const works = async ({ kind: _, value, ...shown }: Material): Promise<boolean> => {
  const reply = await facadeOf(pair.real).call("POST", "/v1/verify?scope=partial", { key: value ?? shown });
  return (reply.body as { valid: boolean }).valid;
};
const reveal = async ({ path }: Made): Promise<Material> =>
  ((await pair.facade.call("POST", `${path}/reveal`)).body as { material: Material }).material;
const rotationOf = async ({ id }: Made) => {
  const { items } = (await pair.facade.call("GET", "/v1/rotations?limit=100")).body as {
    items: { id: string; key: string; step: string; trouble: string | null }[];
  };
  const mine = items.filter(({ key }) => key === id);
  expect(mine).toHaveLength(1);
  return mine[0] as (typeof mine)[number];
};

/** Goes on by the jobs of both processes, as time goes by, until the rotation is over. */
const finish = async (made: Made): Promise<string> => {
  try {
    for (let seconds = 0; seconds < 280; seconds += 35) {
      const { step } = await rotationOf(made);
      if (["done", "failed", "cancelled"].includes(step)) return step;
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 35_000, shouldAdvanceTime: true });
      await Promise.all([sweepRound(pair.keyway.house)(), sweepRound(beside.house)()]);
    }
    return (await rotationOf(made)).step;
  } finally {
    vi.useRealTimers();
    // Who paces the calls to the real system by the clock sees it go back.
    await sleep(50);
  }
};

const calls: Readonly<Record<Service, readonly string[]>> = {
  tokenhub: ["CreateApiKey", "DescribeApiKey", "ModifyApiKeyStatus", "DeleteApiKey"],
  apigateway: ["CreateApiKey", "DescribeUsagePlansStatus", "DisableApiKey", "DeleteApiKey"],
};
const faults: readonly Fault[] = ["reset before", "reset after", "500 after", "half a reply", "throttled"];
const cases = (Object.keys(calls) as Service[]).flatMap((service) =>
  calls[service].map(
    (name, at) => [service, name, faults[(at + service.length) % faults.length] as Fault] as const,
  ),
);

describe.each(cases)("a rotation at %s whose %s meets `%s`", (service, name, fault) => {
  it("comes to its end: one key, with one secret that works", { timeout: 60_000 }, async () => {
    const made = await create(service);
    proxy.fail(name, fault);
    const reply = await pair.facade.call("POST", `${made.path}/rotate`, { grace: 1 });
    expect([200, 502, 504]).toContain(reply.status);
    // Whoever was told that nothing is known is told where to look.
    if (reply.status !== 200) expect(reply.text).toContain("/v1/rotations/");
    await sleep(1100);
    expect(await finish(made)).toBe("done");
    const there = await really(made);
    expect(there.map(({ status }) => status)).toEqual(["enabled"]);
    expect([await works(made.old), await works(await reveal(made))]).toEqual([false, true]);
  });
});

it("two rotations of one key at one moment are one after the other, or one is refused", async () => {
  const made = await create("tokenhub");
  const path = `${made.path}/rotate`;
  const replies = await Promise.all([
    pair.facade.call("POST", path, { grace: 60 }),
    facadeOf(beside).call("POST", path, { grace: 60 }),
    pair.facade.call("POST", path, { grace: 60 }),
  ]);
  const statuses = replies.map(({ status }) => status).toSorted();
  expect(statuses[0]).toBe(200);
  for (const { status, body } of replies) {
    if (status !== 200)
      expect([status, body]).toEqual([409, expect.objectContaining({ code: "conflict", retryable: true })]);
  }
  const there = await really(made);
  expect(there.length).toBeLessThanOrEqual(2);
  expect(await works(await reveal(made))).toBe(true);
});

it("a cancellation that meets the end of the grace leaves one of the two keys, and it is the one that is told", async () => {
  for (let round = 0; round < 5; round++) {
    const made = await create("tokenhub");
    const rotated = await pair.facade.call("POST", `${made.path}/rotate`, { grace: 1 });
    expect(rotated.status).toBe(200);
    const { id } = await rotationOf(made);
    await sleep(1000 + round * 10);
    const [, , cancelled] = await Promise.all([
      sweepRound(pair.keyway.house)(),
      sweepRound(beside.house)(),
      facadeOf(beside).call("POST", `/v1/rotations/${id}/cancel`),
    ]);
    expect([200, 409]).toContain(cancelled.status);
    expect(await finish(made)).toBe(cancelled.status === 200 ? "cancelled" : "done");
    expect((await really(made)).map(({ status }) => status)).toEqual(["enabled"]);
    expect(await works(await reveal(made))).toBe(true);
    expect(await works(made.old)).toBe(cancelled.status === 200);
  }
}, 60_000);

it("nobody of another account sees a rotation, or can cancel it", async () => {
  const made = await create("tokenhub");
  await pair.facade.call("POST", `${made.path}/rotate`, { grace: 60 });
  const { id } = await rotationOf(made);
  const account = await pair.facade.call("POST", "/v1/accounts", { name: "another" });
  const { credential } = account.body as { credential: { token: string } };
  const token = credential?.token ?? (account.body as { secrets?: { token: string } }).secrets?.token ?? "";
  const of = { token };
  expect((await pair.facade.call("GET", "/v1/rotations", undefined, of)).body).toMatchObject({ items: [] });
  expect((await pair.facade.call("GET", `/v1/rotations/${id}`, undefined, of)).status).toBe(404);
  expect((await pair.facade.call("POST", `/v1/rotations/${id}/cancel`, undefined, of)).status).toBe(404);
});
