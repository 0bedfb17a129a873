import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { sweepRound } from "../../../functions/jobs/sweep.ts";
import { leaseMs } from "../../../lib/jobs/job.ts";
import { sweep } from "../../../lib/jobs/sweep.ts";
import { keyScheduleJob } from "../../../lib/schedules/run.ts";
import { nothingKnown, scheduleKind, scheduleWrite } from "../../../lib/schedules/schedule.ts";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { DocumentRecord } from "../../../lib/store/port/records.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import { issueAccount } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";

/** Rounds of several processes, and of processes that stop in the middle. */

let keyway: TestKeyway;
let other: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
  other = await startKeyway({ folder: keyway.folder, root: keyway.root, keep: true });
});
afterAll(async () => {
  await other.stop();
  await keyway.stop();
});

const start = Date.parse("2026-07-01T12:00:00.000Z");
const dayMs = 86_400_000;
const at = (days: number): string => new Date(start + days * dayMs).toISOString();
const setDay = (days: number): void => void vi.setSystemTime(start + days * dayMs);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: start });
});
afterEach(() => {
  vi.useRealTimers();
});

const tenantWith = async (provider: string, count: number, policy: object) => {
  const { token } = await issueAccount(keyway);
  const facade = facadeOf({ url: keyway.url, root: { ...keyway.root, token } });
  const made = await Promise.all(Array.from({ length: count }, () => facade.create(provider)));
  const accounts = made.map(({ key }) => (key as unknown as { owner: { account: AccountId } }).owner.account);
  const [account = rootAccount] = accounts;
  const headers = { "if-match": "*" };
  expect((await facade.call("PATCH", "/v1/policies/account", policy, { headers })).status).toBe(200);
  return { facade, account, ids: made.map(({ key }) => key.id) };
};

const eventsOf = async (account: AccountId, type: string): Promise<readonly string[]> =>
  (await keyway.house.store.readEvents(account, 0, 1000))
    .filter((event) => event.type === type)
    .map(({ subject }) => subject);

const schedulesDue = async (account: AccountId, until: string): Promise<readonly string[]> =>
  (await keyway.house.store.listDue(scheduleKind, until, 1000))
    .filter((one) => one.account === account)
    .map(({ id }) => id);

/** The same store, with the names of what was asked of it. */
const counted = (store: Store): { readonly store: Store; readonly calls: Map<string, number> } => {
  const calls = new Map<string, number>();
  const counting: ProxyHandler<Store> = {
    get: (target, name: keyof Store) => {
      const own = target[name];
      return (...given: never[]) => {
        calls.set(name, (calls.get(name) ?? 0) + 1);
        return Reflect.apply(own, target, given);
      };
    },
  };
  return { store: new Proxy(store, counting), calls };
};

it("a round reads what is due, and nothing of what is due later, however much that is", async () => {
  const { account, ids } = await tenantWith("aione", 5, { expireAfterDays: 20 });
  await sweepRound(keyway.house)();
  const later = Array.from({ length: 300 }, (_, n) =>
    scheduleWrite({ account, provider: "aione", id: `later-${n}` }, undefined, nothingKnown, at(30 + n)),
  );
  for (let from = 0; from < later.length; from += 25) {
    await keyway.house.store.progress(later.slice(from, from + 25));
  }
  setDay(20);
  const { store, calls } = counted(keyway.house.store);
  const { house } = keyway;
  const job = keyScheduleJob({ ...house, store, addUpUses: async () => undefined });
  const parts = { store, clock: house.clock, health: house.jobHealth };
  await sweep(parts, [job], new Date(Date.now() + 50_000));
  expect(await eventsOf(account, "key.disabled")).toHaveLength(ids.length);
  expect(calls.get("listDue")).toBe(1);
  expect(calls.get("readAccount")).toBe(ids.length);
  // Of each key: three scopes of its policy and its exceptions.
  expect(calls.get("readDocument")).toBe(4 * ids.length);
  // Its lease; the rest stands in the commit of its disabling.
  expect(calls.get("progress")).toBe(ids.length);
});

it("two processes at once do each step once", async () => {
  const policy = { rotateEveryDays: 30, rotateNoticeDays: 5, rotateGraceSeconds: 60 };
  const { account, ids } = await tenantWith("aione", 10, policy);
  const rounds = [sweepRound(keyway.house), sweepRound(other.house)];
  const both = async (days: number): Promise<void> => {
    setDay(days);
    for (let turn = 0; turn < 3; turn++) await Promise.all(rounds.map((round) => round()));
  };
  for (const days of [0.1, 25.1, 30.2, 31]) await both(days);
  const subjects = ids.map((id) => `aione/${id}`).toSorted();
  expect((await eventsOf(account, "rotation.due_soon")).toSorted()).toEqual(subjects);
  expect((await eventsOf(account, "key.rotated")).toSorted()).toEqual(subjects);
});

it.each(["aione", "apigateway"])(
  "a process that stops before or after the change leaves one rotation of %s",
  async (provider) => {
    const policy = { rotateEveryDays: 30, rotateNoticeDays: 0, rotateGraceSeconds: 0 };
    const { account, ids } = await tenantWith(provider, 1, policy);
    const [id = ""] = ids;
    await sweepRound(keyway.house)();
    const { house } = keyway;
    const run = async (stopsAt: keyof Store, now: Date): Promise<void> => {
      const stopped = Promise.withResolvers<void>();
      const never = (): Promise<never> => {
        stopped.resolve();
        return new Promise(() => undefined);
      };
      const all = await house.store.listDue(scheduleKind, now.toISOString(), 1000);
      const due = all.find((one) => one.account === account);
      if (due?.id !== id) throw new Error("it is not due");
      const held: DocumentRecord = {
        ...due,
        version: due.version + 1,
        due: new Date(now.getTime() + leaseMs).toISOString(),
      };
      await house.store.progress([{ type: "replaceDocument", record: held, expectedVersion: due.version }]);
      const bound = new Proxy(house.store, {
        get: (target, name: keyof Store) => (name === stopsAt ? never : target[name].bind(target)),
      });
      const job = keyScheduleJob({ ...house, store: bound, addUpUses: async () => undefined });
      await Promise.race([job.run(held), stopped.promise]);
    };
    setDay(30);
    // It stops before it has read its policy: nothing happened, and after the lease somebody takes it up.
    await run("readDocument", new Date());
    expect(await eventsOf(account, "key.rotated")).toEqual([]);
    expect(await schedulesDue(account, at(30))).toEqual([]);
    vi.setSystemTime(Date.now() + leaseMs + 1);
    // It stops when the change is done: that, and that it is done, are one.
    await run("progress", new Date());
    expect(await eventsOf(account, "key.rotated")).toEqual([`${provider}/${id}`]);
    vi.setSystemTime(Date.now() + leaseMs + 1);
    for (let turn = 0; turn < 3; turn++) await sweepRound(other.house)();
    setDay(31);
    for (let turn = 0; turn < 3; turn++) await sweepRound(other.house)();
    expect(await eventsOf(account, "key.rotated")).toEqual([`${provider}/${id}`]);
  },
);

it("a step that comes when somebody changes the key is decided anew", async () => {
  const { facade, account, ids } = await tenantWith("aione", 1, { disableUnusedDays: 30 });
  const [id = ""] = ids;
  await sweepRound(keyway.house)();
  setDay(30);
  const { house } = keyway;
  const [due] = await house.store.listDue(scheduleKind, at(30), 100);
  if (due === undefined) throw new Error("nothing is due");
  // After the decision, and before it is carried out.
  let isChanged = false;
  const addUpUses = async (): Promise<void> => {
    isChanged = true;
    expect((await facade.call("POST", `/v1/keys/aione/${id}/disable`)).status).toBe(200);
  };
  await keyScheduleJob({ ...house, addUpUses }).run(due);
  expect(isChanged).toBe(true);
  expect(await eventsOf(account, "key.disabled")).toHaveLength(1);
  expect((await house.store.readDocument(account, "aione", scheduleKind, id))?.body).toMatchObject({
    wasOff: true,
  });
});

it("a schedule that cannot be read keeps no policy from the keys of other providers, and is told", async () => {
  const { token } = await issueAccount(keyway);
  const facade = facadeOf({ url: keyway.url, root: { ...keyway.root, token } });
  const unread = (await facade.create("tokenhub")).key.id;
  const made = (await facade.create("aione")).key;
  const { account } = (made as unknown as { owner: { account: AccountId } }).owner;
  const { store, jobHealth } = keyway.house;
  const place = { account, provider: "tokenhub", id: unread };
  const { record } = scheduleWrite(place, undefined, nothingKnown, at(300));
  const broken = { ...record, body: { memory: "of another version" } };
  await store.progress([{ type: "insertDocument", record: broken }]);
  const headers = { "if-match": "*" };
  const policy = { expireAfterDays: 20 };
  expect((await facade.call("PATCH", "/v1/policies/account", policy, { headers })).status).toBe(200);
  for (let turn = 0; turn < 3; turn++) {
    vi.setSystemTime(start + turn * leaseMs);
    await sweepRound(keyway.house)();
  }
  expect(await schedulesDue(account, at(21))).toEqual([made.id]);
  expect((await jobHealth.faults()).map(({ job }) => job)).toEqual(["schedule-follower"]);
});
