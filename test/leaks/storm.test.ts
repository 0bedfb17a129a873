import { afterAll, beforeAll, expect, it } from "vitest";
import { serve } from "../../functions/door.ts";
import type { HttpRequest } from "../../lib/http.ts";
import { facadeOf } from "../support/facade-client.ts";
import { rootAccount } from "../support/keyway.ts";
import { type LeakWorld, newAddress, startLeakWorld } from "../support/leaks.ts";
import { tokenOf, verifierOf } from "../support/verify-client.ts";

let world: LeakWorld;
beforeAll(async () => {
  world = await startLeakWorld();
});
afterAll(() => world.stop());

const letters = (): string => Math.random().toString(36).slice(2, 12);

/** Behind the network, which would be what is measured. */
const report = (key: string): HttpRequest => ({
  method: "POST",
  path: "/v1/leaks",
  rawQueries: [""],
  headers: { "content-type": "application/json" },
  body: Buffer.from(JSON.stringify({ key })),
  bodyTooLarge: false,
  ip: newAddress(),
});

it("a storm of 10,000 reports from as many addresses leaves a bounded number of rows, and ends no key but the one that leaked", async () => {
  const facade = facadeOf(world.keyway);
  const verifier = verifierOf(world.keyway);
  const { store } = world.keyway.house;
  const [victim, bystander] = [await facade.create("aione"), await facade.create("aione")];
  const codeOf = async (made: { material: unknown }): Promise<string> =>
    (await verifier.verify({ key: tokenOf(made) }, { query: "?scope=partial" })).code;
  const calls = { left: 10_000 };
  const statuses = new Map<number, number>();
  const worker = async (): Promise<void> => {
    while (calls.left > 0) {
      calls.left -= 1;
      const { status } = await serve(report(`sk-nex-${letters()}${letters()}`), world.keyway.house);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const before = (await store.readAuditHead(rootAccount)).seq;
  const storm = Promise.all(Array.from({ length: 1000 }, worker));
  expect((await world.fromAnybody({ key: tokenOf(victim) })).status).toBe(202);
  expect(await codeOf(victim)).toBe("DISABLED");
  await storm;
  expect([...statuses]).toEqual([[202, 10_000]]);
  expect(await codeOf(bystander)).toBe("VALID");
  const kept = await store.listDocumentsBackwards(rootAccount, "", "leak-report", {
    before: null,
    limit: 5000,
  });
  expect(kept).toHaveLength(1001);
  // One entry, of the key that leaked: strangers cannot lengthen the chain.
  expect((await store.readAuditHead(rootAccount)).seq - before).toBe(1);
});

it("a storm from one address is let in slowly, and one IPv6 network is one address", async () => {
  const statusesFrom = async (address: (place: number) => string) => {
    const calls = Array.from({ length: 250 }, (_, place) =>
      world.fromAnybody({ key: `storm-${letters()}` }, { "x-forwarded-for": address(place) }),
    );
    return (await Promise.all(calls)).map(({ status }) => status);
  };
  const one = newAddress();
  for (const address of [() => one, (place: number) => `2001:db8:1:2::${place.toString(16)}`]) {
    const statuses = await statusesFrom(address);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(20);
    expect(new Set(statuses)).toEqual(new Set([202, 429]));
  }
});
