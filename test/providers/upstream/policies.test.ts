import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sweep } from "../../../lib/jobs/sweep.ts";
import { followerJob } from "../../../lib/schedules/follow.ts";
import { followerKind, progressOf } from "../../../lib/schedules/follower.ts";
import { keyScheduleJob } from "../../../lib/schedules/run.ts";
import type { Finding } from "../../../lib/schemas/hygiene.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { rootAccount, type TestKeyway } from "../../support/keyway.ts";
import { type Pair, startPair } from "../../support/upstream.ts";

/** Policies by the clock at real systems. Their clock is the real one, and so is that of signatures: only jobs are ahead. */

let pair: Pair;
let proxy: FaultProxy;
let other: TestKeyway;
beforeAll(async () => {
  pair = await startPair({
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
  other = await pair.beside();
});
afterAll(async () => {
  await other.stop();
  await pair.stop();
  await proxy.stop();
});

/** Each test begins today, whatever day the one before has come to. */
beforeEach(async () => {
  const { store } = pair.keyway.house;
  const record = await store.readDocument(rootAccount, "", followerKind, "follower");
  if (record === undefined) return;
  const now = new Date().toISOString();
  const body = { ...progressOf(record), readAt: now, lookedAroundAt: now };
  const today = { ...record, version: record.version + 1, due: now, body };
  await store.progress([{ type: "replaceDocument", record: today, expectedVersion: record.version }]);
});

const roundAt = async ({ house }: TestKeyway, days: number): Promise<void> => {
  const clock = (): Date => new Date(Date.now() + days * 86_400_000);
  const parts = { ...house, clock, addUpUses: async () => undefined };
  const until = new Date(clock().getTime() + 50_000);
  const jobs = [followerJob(parts), keyScheduleJob(parts)];
  await sweep({ store: house.store, clock, health: house.jobHealth }, jobs, until);
};
const sweepAt = async (days: number, turns = 3): Promise<void> => {
  for (let turn = 0; turn < turns; turn++) await roundAt(pair.keyway, days);
};

const policy = async (of: string, body: object): Promise<void> => {
  const reply = await pair.facade.call("PATCH", `/v1/policies/${of}`, body, { headers: { "if-match": "*" } });
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
};
const ofKey = async (provider: string, body: object): Promise<string> => {
  const { id } = (await pair.facade.create(provider)).key;
  await policy(`keys/${provider}/${id}`, body);
  await sweepAt(0.1);
  return id;
};
const eventsOf = async (subject: string): Promise<readonly string[]> =>
  (await pair.keyway.house.store.readEvents(rootAccount, 0, 1000))
    .filter((event) => event.subject === subject)
    .map(({ type }) => type);
const rotationsOf = async (subject: string): Promise<number> =>
  (await eventsOf(subject)).filter((type) => type === "key.rotated").length;
const reallyAt = async (service: string, id: string): Promise<unknown> =>
  ((await facadeOf(pair.real).call("GET", `/v1/keys/${service}/${id}`)).body as { key?: { status: string } })
    .key?.status;

describe.each(["tokenhub", "apigateway"] as const)("a policy at %s", (service) => {
  const provider = `${service}-real`;
  const monthly = { rotateEveryDays: 30, rotateNoticeDays: 5, rotateGraceSeconds: 3600 };

  it("announces and rotates once, by whichever of two processes", async () => {
    const id = await ofKey(provider, monthly);
    for (const days of [25.1, 30.2]) {
      for (let turn = 0; turn < 3; turn++) {
        await Promise.all([roundAt(pair.keyway, days), roundAt(other, days)]);
      }
    }
    const events = await eventsOf(`${provider}/${id}`);
    expect(events.filter((type) => type === "rotation.due_soon")).toHaveLength(1);
    expect(await rotationsOf(`${provider}/${id}`)).toBe(1);
    await sweepAt(54);
    expect(await rotationsOf(`${provider}/${id}`)).toBe(1);
    const reveal = await pair.facade.call("POST", `/v1/keys/${provider}/${id}/reveal`);
    expect(reveal.status).toBe(200);
  });

  it("waits for a system that is away, and rotates once then", async () => {
    const id = await ofKey(provider, { ...monthly, rotateNoticeDays: 0 });
    proxy.fail("*", ...Array.from({ length: 30 }, () => "500 before" as const));
    await sweepAt(30.1, 1);
    expect(await rotationsOf(`${provider}/${id}`)).toBe(0);
    proxy.fail("*");
    await sweepAt(30.5);
    await sweepAt(31);
    expect(await rotationsOf(`${provider}/${id}`)).toBe(1);
  });

  it("disables there, once, and says why", async () => {
    const id = await ofKey(provider, { expireAfterDays: 20 });
    await sweepAt(19.9);
    expect(await reallyAt(service, id)).toBe("enabled");
    await sweepAt(20.1);
    expect(await reallyAt(service, id)).toBe("disabled");
    await sweepAt(22);
    expect((await eventsOf(`${provider}/${id}`)).filter((type) => type === "key.disabled")).toHaveLength(1);
    // Put on behind Keyway's back, it is seen at the next look.
    await facadeOf(pair.real).call("POST", `/v1/keys/${service}/${id}/enable`);
    await sweepAt(24);
    expect(await reallyAt(service, id)).toBe("disabled");
  });
});

describe("a real system's keys", () => {
  it("are never said to be unused, because nobody tells; nor rotated where their new secret would be lost", async () => {
    const asked = { disableUnusedDays: 10, rotateEveryDays: 10, rotateNoticeDays: 0 };
    for (const [field, operation] of [
      ["disableUnusedDays", "verify"],
      ["rotateEveryDays", "reveal"],
    ]) {
      const refused = await pair.facade.call(
        "PATCH",
        "/v1/policies/providers/aione-real",
        { [field as string]: 10 },
        { headers: { "if-match": "*" } },
      );
      expect([refused.status, refused.body]).toEqual([
        422,
        expect.objectContaining({
          code: "unsupported",
          errors: [{ path: field, message: expect.stringContaining(`\`${operation}\``) }],
        }),
      ]);
    }
    const id = await ofKey("aione-real", { expireAfterDays: 1000 });
    await policy("account", asked);
    for (const days of [10.1, 20, 100]) await sweepAt(days);
    expect(await eventsOf(`aione-real/${id}`)).toEqual(["key.created"]);
    expect(await reallyAt("aione", id)).toBe("enabled");
    await policy("account", { disableUnusedDays: null, rotateEveryDays: null, rotateNoticeDays: null });
  });

  it("are found that were made there by others", async () => {
    await policy("providers/aione-real", { expireAfterDays: 5 });
    await sweepAt(0.2);
    const { id } = (await facadeOf(pair.real).create("aione")).key;
    await sweepAt(1.3);
    await sweepAt(5.2);
    expect(await reallyAt("aione", id)).toBe("disabled");
    await policy("providers/aione-real", { expireAfterDays: null });
  });

  it("have findings like others, and a system that is away is told of", async () => {
    const { id } = (await pair.facade.create("tokenhub-real")).key;
    const ask = async () =>
      (await pair.facade.call("GET", "/v1/hygiene?provider=tokenhub-real&rule=no_allowlist&limit=100"))
        .body as {
        items: Finding[];
        warnings: unknown[];
      };
    const finding = (await ask()).items.find((one) => one.id === id);
    const { fix } = finding ?? {};
    expect(fix).toMatchObject({
      method: "PATCH",
      path: `/v1/keys/tokenhub-real/${id}`,
      fill: ["ipAllowlist"],
    });
    const headers = { "if-match": fix?.ifMatch ?? "" };
    const reply = await pair.facade.call(
      "PATCH",
      fix?.path ?? "",
      { ipAllowlist: ["192.0.2.0/24"] },
      { headers },
    );
    expect(reply.status).toBe(200);
    expect((await ask()).items.some((one) => one.id === id)).toBe(false);
    proxy.fail("*", ...Array.from({ length: 12 }, () => "500 before" as const));
    expect(await ask()).toMatchObject({ items: [], warnings: [{ provider: "tokenhub-real" }] });
    proxy.fail("*");
  });
});
