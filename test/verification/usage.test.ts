import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { AccountId } from "../../lib/schemas/key.ts";
import type { Store } from "../../lib/store/port/store.ts";
import type { UsageRow } from "../../lib/store/port/usage.ts";
import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { openUsage, type UsageCollector } from "../../lib/verification/usage.ts";
import type { Counted, UsageOf } from "../../lib/verification/usage-rows.ts";
import { commit, freshAccount, insertKey, keyRecord } from "../contract/store/samples.ts";
import { freshFile } from "../store/files.ts";

let store: Store;
const { file, remove } = freshFile();
beforeAll(async () => {
  store = await openSqliteStore({ file, writer: inlineWriter });
});
afterAll(async () => {
  await store.close();
  remove();
});
afterEach(() => {
  vi.useRealTimers();
});

const noon = Date.parse("2026-07-01T12:00:30.500Z");

const of = (account: AccountId, change: Partial<UsageOf> = {}): UsageOf => ({
  account,
  provider: "tokenhub",
  key: "key-1",
  team: "",
  model: "gpt-5.4",
  endpoint: "",
  outcome: "VALID",
  ...change,
});

const on = (account: AccountId, change?: Partial<UsageOf>): Counted => ({
  of: of(account, change),
  row: undefined,
});

interface Options {
  readonly callsMax?: number;
  readonly isUrgent?: (of: UsageOf) => boolean;
  readonly to?: Store;
  readonly onError?: (error: unknown) => void;
}

const open = (options: Options = {}) => {
  const fail = (error: unknown): void => {
    throw error;
  };
  return openUsage(options.to ?? store, {
    callsMax: options.callsMax ?? 1_000_000,
    ...(options.isUrgent && { isUrgent: options.isUrgent }),
    onError: options.onError ?? fail,
  });
};

const written = (account: AccountId): Promise<readonly UsageRow[]> =>
  store.readUsage({
    account,
    step: "minute",
    from: Date.parse("2026-07-01T12:00:00Z"),
    to: Date.parse("2026-07-01T13:00:00Z"),
    by: ["provider", "key", "team", "model", "endpoint"],
    where: {},
  });

const call = (usage: UsageCollector, account: AccountId, change: Partial<UsageOf> = {}): void =>
  usage.verified(on(account, change), 1, 0, noon);

describe("where a process is frozen between calls", () => {
  it("what is written of the last of so many calls can be waited for", async () => {
    const account = freshAccount();
    const usage = open({ callsMax: 2 });
    call(usage, account);
    await usage.written();
    expect(await written(account)).toEqual([]);
    call(usage, account);
    await usage.written();
    expect((await written(account)).map(({ counts }) => counts.requests)).toEqual([2]);
  });

  it("a call that is urgent is written at once, with those before it", async () => {
    const account = freshAccount();
    const usage = open({ isUrgent: ({ outcome }) => outcome === "RATE_LIMITED" });
    call(usage, account);
    call(usage, account, { outcome: "RATE_LIMITED" });
    await usage.written();
    expect(await written(account)).toHaveLength(2);
  });
});

describe("what is counted", () => {
  it("stands in the minute of its call, with what the call reserved, came to and took", async () => {
    const account = freshAccount();
    const usage = open();
    usage.verified(on(account), 2, 500, noon);
    usage.verified(on(account), 1, 100, noon + 29_499);
    usage.verified(on(account), 1, 100, noon + 29_500);
    const spent = { spentTokens: -180, inputTokens: 200, outputTokens: 120, cacheTokens: 50, failed: 1 };
    usage.settled(of(account), spent, 640, noon);
    await usage.flush();
    const rows = await written(account);
    expect(rows.map(({ time }) => new Date(time).toISOString())).toEqual([
      "2026-07-01T12:00:00.000Z",
      "2026-07-01T12:01:00.000Z",
    ]);
    expect(rows[0]?.counts).toEqual({
      requests: 3,
      reservedTokens: 600,
      spentTokens: 420,
      inputTokens: 200,
      outputTokens: 120,
      cacheTokens: 50,
      timed: 1,
      latencyMs: 640,
      failed: 1,
    });
    expect(rows[0]?.latencies.map(([, calls]) => calls)).toEqual([1]);
  });

  it.each<Partial<UsageOf>>([
    { provider: "aione" },
    { key: "key-2" },
    { team: "t" },
    { model: "m" },
    { endpoint: "ep-1" },
    { outcome: "DISABLED" },
  ])("is told apart by %o", async (change) => {
    const account = freshAccount();
    const usage = open();
    call(usage, account);
    call(usage, account, change);
    await usage.flush();
    expect((await written(account)).map(({ counts }) => counts.requests)).toEqual([1, 1]);
  });

  it("of names that callers make up, a key has a hundred; the rest is counted together", async () => {
    const account = freshAccount();
    const usage = open();
    for (let n = 0; n < 1000; n++) call(usage, account, { model: `made-up-${n}` });
    await usage.flush();
    const rows = await written(account);
    expect(rows).toHaveLength(101);
    expect(rows.find(({ model }) => model === "[other]")?.counts.requests).toBe(900);
  });

  it("of endpoints beside the name for all others, too", async () => {
    const account = freshAccount();
    const usage = open();
    for (let call = 0; call < 1000; call += 1) {
      usage.verified(on(account, { model: "[other]", endpoint: `e-${call}` }), 1, 0, noon);
    }
    await usage.flush();
    expect(await written(account)).toHaveLength(101);
  });

  it("is one row of its names for whoever counts again and again, also after it was forgotten", async () => {
    const account = freshAccount();
    const usage = open();
    const counted = on(account);
    const spent = { spentTokens: 0, inputTokens: 7, outputTokens: 0, cacheTokens: 0, failed: 0 };
    usage.verified(counted, 1, 0, noon);
    await usage.flush();
    await usage.flush();
    usage.verified(counted, 1, 0, noon);
    usage.settled(counted.of, spent, undefined, noon);
    await usage.flush();
    await usage.flush();
    usage.settled(counted.of, spent, undefined, noon);
    usage.verified(counted, 1, 0, noon);
    await usage.flush();
    expect(await written(account)).toMatchObject([{ counts: { requests: 3, inputTokens: 14 } }]);
  });

  it("goes to its own row again once there is room, for whoever was counted among all others", async () => {
    const account = freshAccount();
    const usage = open();
    for (let call = 0; call < 100; call += 1) {
      usage.verified(on(account, { model: `m-${call}` }), 1, 0, noon);
    }
    const late = on(account, { model: "late" });
    usage.verified(late, 1, 0, noon);
    await usage.flush();
    usage.verified(late, 1, 0, noon);
    await usage.flush();
    const rows = await written(account);
    const requestsOf = (name: string) => rows.find(({ model }) => model === name)?.counts.requests;
    expect([requestsOf("[other]"), requestsOf("late")]).toEqual([1, 1]);
  });

  it("tells when and from where each secret of a key was last good", async () => {
    const account = freshAccount();
    const record = keyRecord(account);
    await commit(store, account, insertKey(record));
    const usage = open();
    const { id } = record.key;
    const counted = on(account, { key: id });
    const use = (generation: number, ip: string, now: number): void =>
      usage.verified(
        counted,
        1,
        0,
        now,
        { record, secret: { generation, until: null }, accountRules: undefined },
        ip,
      );
    use(1, "192.0.2.1", noon);
    use(2, "192.0.2.2", noon + 5);
    use(1, "192.0.2.3", noon + 9);
    await usage.flush();
    expect(await store.readLastUses(account, "tokenhub", id)).toMatchObject([
      { generation: 2, at: "2026-07-01T12:00:30.505Z", ip: "192.0.2.2" },
      { generation: 1, at: "2026-07-01T12:00:30.509Z", ip: "192.0.2.3" },
    ]);
    expect((await written(account)).map(({ counts }) => counts.requests)).toEqual([3]);
  });
});

describe("what was gathered is written", () => {
  /** A store that tells how many rows each commit of usage had. */
  const watched = (): { readonly to: Store; readonly commits: number[] } => {
    const commits: number[] = [];
    const to: Store = {
      ...store,
      addUsage: (rows, uses) => {
        commits.push(rows.length);
        return store.addUsage(rows, uses);
      },
    };
    return { to, commits };
  };

  it("a second after the first call at the latest", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { to, commits } = watched();
    const usage = open({ to });
    call(usage, freshAccount());
    vi.advanceTimersByTime(600);
    call(usage, freshAccount());
    vi.advanceTimersByTime(399);
    expect(commits).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(commits).toEqual([2]);
  });

  it("after so many calls, where no timer runs between them", async () => {
    const { to, commits } = watched();
    const usage = open({ to, callsMax: 20 });
    const account = freshAccount();
    for (let n = 0; n < 19; n++) call(usage, account);
    await new Promise((resolve) => setImmediate(resolve));
    expect(commits).toEqual([]);
    call(usage, account);
    await vi.waitFor(() => expect(commits).toEqual([1]));
    await usage.close();
    expect(await written(account)).toMatchObject([{ counts: { requests: 20 } }]);
  });

  it("in small commits, so that nobody waits for a long one", async () => {
    const { to, commits } = watched();
    const usage = open({ to });
    const account = freshAccount();
    for (let n = 0; n < 600; n++) call(usage, account, { key: `key-${n}` });
    await usage.flush();
    expect(Math.max(...commits)).toBeLessThanOrEqual(250);
    expect(await written(account)).toHaveLength(600);
  });

  describe("if it could not be written, the next time", () => {
    const failing = () => {
      const disk = { isFull: true };
      const errors: unknown[] = [];
      const to: Store = {
        ...store,
        addUsage: (rows, uses) =>
          disk.isFull ? Promise.reject(new Error("the disk is full")) : store.addUsage(rows, uses),
      };
      return { disk, errors, usage: open({ to, onError: (error) => errors.push(error) }) };
    };

    it("whole", async () => {
      const { disk, errors, usage } = failing();
      const account = freshAccount();
      for (let n = 0; n < 300; n++) call(usage, account, { key: `key-${n}` });
      await usage.flush();
      expect(errors).toEqual([new Error("the disk is full")]);
      call(usage, account, { key: "key-0" });
      disk.isFull = false;
      await usage.close();
      const rows = await written(account);
      expect(rows).toHaveLength(300);
      expect(rows.reduce((sum, { counts }) => sum + counts.requests, 0)).toBe(301);
    });

    it("with latencies and the latest use of a secret", async () => {
      const { disk, usage } = failing();
      const account = freshAccount();
      const record = keyRecord(account);
      await commit(store, account, insertKey(record));
      const used = { record, secret: { generation: 1, until: null }, accountRules: undefined };
      const spent = { spentTokens: 0, inputTokens: 0, outputTokens: 0, cacheTokens: 0, failed: 0 };
      const one = of(account, { key: record.key.id });
      usage.verified({ of: one, row: undefined }, 1, 0, noon, used, "192.0.2.1");
      usage.settled(one, spent, 640, noon);
      await usage.flush();
      usage.settled(one, spent, 640, noon + 1);
      disk.isFull = false;
      await usage.flush();
      usage.verified({ of: one, row: undefined }, 1, 0, noon - 1, used, "192.0.2.2");
      await usage.close();
      expect(await store.readLastUses(account, "tokenhub", record.key.id)).toMatchObject([
        { generation: 1, at: "2026-07-01T12:00:30.500Z", ip: "192.0.2.1" },
      ]);
      expect(await written(account)).toMatchObject([{ counts: { requests: 2, timed: 2, latencyMs: 1280 } }]);
    });
  });
});
