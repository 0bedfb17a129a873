import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { hygieneJob } from "../../../functions/jobs/hygiene.ts";
import { sweep } from "../../../lib/jobs/sweep.ts";
import type { Finding } from "../../../lib/schemas/hygiene.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { rootAccount } from "../../support/keyway.ts";
import { type LeakWorld, startLeakWorld } from "../../support/leaks.ts";
import { pairOf, tokenOf } from "../../support/verify-client.ts";

/** Each finding that a report leaves is told once when it opens, and what is about no key when its sender ends it. */

let world: LeakWorld;
let facade: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  world = await startLeakWorld();
  facade = facadeOf(world.keyway);
});
afterAll(() => world.stop());

const letters = (): string => randomBytes(8).toString("hex");
const during = async (work: () => Promise<unknown>) => {
  const { store } = world.keyway.house;
  const seq = await store.lastEventSeq(rootAccount);
  await work();
  const events = await store.readEvents(rootAccount, seq, 100);
  return events.filter(({ type }) => type.startsWith("finding."));
};
const chosen = async (secret: string) => {
  const material = { kind: "pair", id: `id_${letters()}`, secret };
  await facade.create("apigateway", { material });
  return material;
};

const cases: readonly [
  string,
  () => Promise<{ ids: readonly (string | null)[]; report: () => Promise<unknown> }>,
][] = [
  [
    "leak.notified",
    async () => {
      const made = await facade.create("aione");
      const headers = { "if-match": "*" };
      await facade.call("PATCH", `/v1/policies/keys/aione/${made.key.id}`, { onLeak: "notify" }, { headers });
      return { ids: [made.key.id], report: () => world.fromScanner([{ key: tokenOf(made) }]) };
    },
  ],
  [
    "leak.short_value",
    async () => {
      const { id, secret } = await chosen("password12");
      return { ids: [id], report: () => world.fromScanner([{ key: { id, secret } }]) };
    },
  ],
  [
    "leak.chosen_value",
    async () => {
      const { id, secret } = await chosen(`chosen_${letters()}_${letters()}`);
      return { ids: [id], report: () => world.fromAnybody({ id, secret }) };
    },
  ],
  [
    "leak.shared_value",
    async () => {
      const secret = `shared_${letters()}_${letters()}`;
      const both = [await chosen(secret), await chosen(secret)];
      return { ids: both.map(({ id }) => id), report: () => world.fromAnybody({ secret }) };
    },
  ],
  [
    "leak.half_of_pair",
    async () => {
      const made = await facade.create("apigateway");
      const { secret } = pairOf(made);
      return { ids: [made.key.id], report: () => world.fromAnybody({ secret }) };
    },
  ],
  [
    "leak.hash_only",
    async () => {
      const sha256 = randomBytes(32).toString("hex");
      return { ids: [null], report: () => world.fromScanner([{ sha256, type: "x" }]) };
    },
  ],
];

it.each(cases)("%s is told when it opens, and not again by an equal report", async (rule, prepare) => {
  const { ids, report } = await prepare();
  const events = await during(report);
  const told = ids.map((id) => ["finding.opened", { rule, key: id, severity: "high" }]);
  expect(events.map(({ type, data }) => [type, data])).toEqual(
    expect.arrayContaining(told.map(([type, data]) => [type, expect.objectContaining(data as object)])),
  );
  expect(events).toHaveLength(ids.length);
  expect(await during(report)).toEqual([]);
});

describe("an alert of GitHub's without a secret", () => {
  let number = 5000;
  const time = (minute: number): string => `2026-07-01T12:${`${minute}`.padStart(2, "0")}:00Z`;
  const alert = () => {
    number += 1;
    const of = number;
    return (action: string, minute: number) => ({
      action,
      alert: {
        ...{ number: of, created_at: time(0), updated_at: time(minute) },
        ...{ html_url: `https://github.com/octocat/x/security/${of}`, secret_type: "aione_key" },
      },
      repository: { full_name: "octocat/x" },
    });
  };
  const send = async (event: object) => {
    const events = await during(async () => expect((await world.fromRepository(event)).status).toBe(202));
    return events.map(({ type, subject }) => [type, subject]);
  };
  const shown = async (): Promise<number> =>
    ((await facade.call("GET", "/v1/hygiene?rule=reported&limit=100")).body as { items: Finding[] }).items
      .length;

  it("is over when it was resolved there, open when it was reopened, and in the trail each time", async () => {
    const { store } = world.keyway.house;
    const before = await shown();
    const event = alert();
    const [[, subject] = []] = await send(event("created", 1));
    expect(await shown()).toBe(before + 1);
    const { seq } = await store.readAuditHead(rootAccount);
    expect(await send(event("resolved", 2))).toEqual([["finding.ended", subject]]);
    expect(await shown()).toBe(before);
    expect(await send(event("resolved", 2))).toEqual([]);
    expect(await send(event("reopened", 3))).toEqual([["finding.opened", subject]]);
    expect(await shown()).toBe(before + 1);
    expect(await send(event("resolved", 4))).toEqual([["finding.ended", subject]]);
    expect((await store.readAuditHead(rootAccount)).seq - seq).toBe(3);
    const trail = await facade.call("GET", "/v1/audit?limit=1");
    expect(trail.text).toContain("keyway:EndLeak");
  });

  it("is not moved by an older word about it, which anybody who saw it could send again", async () => {
    const event = alert();
    await send(event("created", 1));
    await send(event("resolved", 2));
    expect(await send(event("created", 1))).toEqual([]);
    await send(event("reopened", 3));
    expect(await send(event("resolved", 2))).toEqual([]);
    await send(event("resolved", 4));
    expect(await send(event("reopened", 3))).toEqual([]);
  });

  it("is not moved by a word that comes late, whatever came in its place", async () => {
    const early = alert();
    expect(await send(early("resolved", 2))).toEqual([]);
    expect(await send(early("created", 1))).toEqual([]);
    expect(await send(early("reopened", 3))).toEqual([["finding.opened", expect.any(String)]]);

    const closed = alert();
    await send(closed("created", 1));
    await send(closed("resolved", 2));
    expect(await send(closed("resolved", 4))).toEqual([]);
    expect(await send(closed("reopened", 3))).toEqual([]);

    const open = alert();
    await send(open("created", 1));
    expect(await send(open("reopened", 3))).toEqual([]);
    expect(await send(open("resolved", 2))).toEqual([]);
    expect(await send(open("resolved", 4))).toEqual([["finding.ended", expect.any(String)]]);
  });

  it("says nothing of any other alert, and nothing where it was never told of", async () => {
    const [one, two] = [alert(), alert()];
    await send(one("created", 1));
    expect(await send(two("resolved", 2))).toEqual([]);
    expect(await send(one("validated", 2))).toEqual([]);
    const unsigned = await world.fromRepository(one("resolved", 3), { "x-hub-signature-256": "sha256=00" });
    expect(unsigned.status).toBe(401);
    expect(await during(() => world.fromRepository(one("resolved", 3)))).toHaveLength(1);
  });

  it("opens again when it is reopened, though time alone had just ended it", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const { house } = world.keyway;
      const walk = (): Promise<void> => {
        const parts = { store: house.store, clock: house.clock, health: house.jobHealth };
        return sweep(parts, [hygieneJob(house)], new Date(8.64e15));
      };
      await facade.call("POST", "/v1/webhooks", { url: "https://hooks.example.com/" });
      const event = alert();
      const [[, subject] = []] = await send(event("created", 1));
      vi.setSystemTime(Date.now() + 89.5 * 86_400_000);
      const ended = await during(walk);
      expect(ended.map((one) => [one.type, one.subject])).toContainEqual(["finding.ended", subject]);
      expect(await send(event("reopened", 3))).toEqual([["finding.opened", subject]]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("that is told as resolved many times at one moment ends once", async () => {
    const event = alert();
    await send(event("created", 1));
    const ended = await during(() =>
      Promise.all(Array.from({ length: 8 }, () => world.fromRepository(event("resolved", 2)))),
    );
    expect(ended).toHaveLength(1);
  });
});
