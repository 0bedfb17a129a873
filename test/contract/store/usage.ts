import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { UsageCounts, UsageQuery, UsageRow } from "../../../lib/store/port/usage.ts";
import type { SharedStore } from "./opened.ts";
import { commit, deleteKey, freshAccount, insertKey, keyRecord } from "./samples.ts";

const at = (time: string): number => Date.parse(time);

const counts = (change: Partial<UsageCounts> = {}): UsageCounts => ({
  requests: 1,
  reservedTokens: 2,
  spentTokens: 3,
  inputTokens: 4,
  outputTokens: 5,
  cacheTokens: 6,
  timed: 0,
  latencyMs: 0,
  failed: 0,
  ...change,
});

const row = (account: AccountId, change: Partial<UsageRow> = {}): UsageRow => ({
  account,
  time: at("2026-07-01T10:20:00Z"),
  provider: "aione",
  key: "key-1",
  team: "",
  model: "gpt-5.4",
  endpoint: "",
  outcome: "VALID",
  counts: counts(),
  latencies: [],
  ...change,
});

const query = (account: AccountId, change: Partial<UsageQuery> = {}): UsageQuery => ({
  account,
  step: "minute",
  from: at("2026-07-01T00:00:00Z"),
  to: at("2026-07-02T00:00:00Z"),
  by: [],
  where: {},
  ...change,
});

const requestsOf = (rows: readonly UsageRow[]): readonly number[] => rows.map((one) => one.counts.requests);

export const usageRules = (store: SharedStore, many: number): void => {
  describe("usage", () => {
    it("is what it was when it was handed over", async () => {
      const account = freshAccount();
      const changing = { ...counts(), requests: 7 };
      const adding = store().addUsage([row(account, { counts: changing })], []);
      changing.requests = 0;
      await adding;
      expect(requestsOf(await store().readUsage(query(account)))).toEqual([7]);
    });

    it("of a name that cannot be encoded counts, too", async () => {
      const account = freshAccount();
      await store().addUsage([row(account, { model: "half \ud83d a pair" }), row(account)], []);
      expect(requestsOf(await store().readUsage(query(account)))).toEqual([2]);
    });

    it("adds up by minute, by hour and by day", async () => {
      const account = freshAccount();
      const more = counts({ requests: 10, timed: 2, latencyMs: 30.5, failed: 1 });
      await store().addUsage([row(account)], []);
      await store().addUsage([row(account, { counts: more, latencies: [[33, 2]] })], []);
      await store().addUsage([row(account, { time: at("2026-07-01T10:21:00Z"), latencies: [[33, 5]] })], []);
      await store().addUsage([row(account, { time: at("2026-07-01T23:59:00Z"), latencies: [[40, 1]] })], []);

      const minutes = await store().readUsage(query(account));
      expect(minutes.map(({ time }) => new Date(time).toISOString())).toEqual([
        "2026-07-01T10:20:00.000Z",
        "2026-07-01T10:21:00.000Z",
        "2026-07-01T23:59:00.000Z",
      ]);
      expect(minutes[0]?.counts).toEqual({
        requests: 11,
        reservedTokens: 4,
        spentTokens: 6,
        inputTokens: 8,
        outputTokens: 10,
        cacheTokens: 12,
        timed: 2,
        latencyMs: 30.5,
        failed: 1,
      });
      const hours = await store().readUsage(query(account, { step: "hour" }));
      expect(requestsOf(hours)).toEqual([12, 1]);
      expect(hours[0]?.latencies).toEqual([[33, 7]]);
      const days = await store().readUsage(query(account, { step: "day" }));
      expect(days).toMatchObject([
        {
          time: at("2026-07-01T00:00:00Z"),
          latencies: [
            [33, 7],
            [40, 1],
          ],
        },
      ]);
      expect(requestsOf(days)).toEqual([13]);
    });

    it("is told apart by the names that are asked for, and by its outcome always", async () => {
      const account = freshAccount();
      await store().addUsage(
        [
          row(account, { latencies: [[8, 1]] }),
          row(account, { key: "key-2", team: "t", latencies: [[8, 2]] }),
          row(account, { key: "key-2", model: "claude-sonnet-4-6", endpoint: "ep-1" }),
          row(account, { provider: "tokenhub", outcome: "DISABLED" }),
        ],
        [],
      );
      expect(await store().readUsage(query(account))).toMatchObject([
        { outcome: "DISABLED", provider: "", key: "", team: "", model: "", endpoint: "", latencies: [] },
        { outcome: "VALID", counts: { requests: 3 }, latencies: [[8, 3]] },
      ]);
      const byKey = await store().readUsage(query(account, { by: ["key"] }));
      expect(byKey.map((one) => [one.key, one.outcome, one.counts.requests, one.latencies])).toEqual([
        ["key-1", "DISABLED", 1, []],
        ["key-1", "VALID", 1, [[8, 1]]],
        ["key-2", "VALID", 2, [[8, 2]]],
      ]);
      const byAll = await store().readUsage(
        query(account, { by: ["provider", "key", "team", "model", "endpoint"] }),
      );
      expect(byAll).toHaveLength(4);
    });

    it.each<[UsageQuery["where"], readonly number[]]>([
      [{}, [15]],
      [{ provider: ["aione"] }, [3]],
      [{ provider: ["aione", "tokenhub"] }, [15]],
      [{ provider: ["aione"], key: ["key-2"] }, [2]],
      [{ team: ["t"], model: ["m", "gpt-5.4"] }, [4]],
      [{ endpoint: ["ep-1"] }, [8]],
      [{ provider: [] }, []],
      [{ model: ["gpt-5.4' OR '1'='1"] }, []],
    ])("of %j alone", async (where, requests) => {
      const account = freshAccount();
      await store().addUsage(
        [
          row(account, { counts: counts({ requests: 1 }) }),
          row(account, { counts: counts({ requests: 2 }), key: "key-2" }),
          row(account, { counts: counts({ requests: 4 }), provider: "tokenhub", team: "t" }),
          row(account, { counts: counts({ requests: 8 }), provider: "tokenhub", endpoint: "ep-1" }),
        ],
        [],
      );
      expect(requestsOf(await store().readUsage(query(account, { where })))).toEqual(requests);
    });

    it("of another account is not read", async () => {
      const [account, other] = [freshAccount(), freshAccount()];
      await store().addUsage(
        [row(account, { latencies: [[8, 1]] }), row(other, { latencies: [[8, 4]] })],
        [],
      );
      expect(await store().readUsage(query(account))).toMatchObject([
        { account, counts: { requests: 1 }, latencies: [[8, 1]] },
      ]);
    });

    it("can be read whatever callers said of their tokens", async () => {
      const account = freshAccount();
      const huge = { counts: counts({ inputTokens: Number.MAX_SAFE_INTEGER }) };
      await store().addUsage([row(account, huge), row(account, { ...huge, key: "key-2" })], []);
      await store().addUsage([row(account, huge)], []);
      const [sum] = await store().readUsage(query(account));
      expect(sum?.counts.inputTokens).toBe(2 * Number.MAX_SAFE_INTEGER);
    });

    it("is one sum however many rows it is of, and each row is in it once", async () => {
      const account = freshAccount();
      const keys = Array.from({ length: 9 }, (_, n) => `key-${n}`);
      const models = Array.from({ length: many }, (_, n) => `model-${n}`);
      const rows = keys.flatMap((key, n) =>
        models.map((model) => row(account, { key, model, provider: `p-${n % 2}`, latencies: [[n, 1]] })),
      );
      await store().addUsage(rows, []);
      const [sum, ...more] = await store().readUsage(query(account));
      expect([sum?.counts.requests, sum?.latencies, more]).toEqual([
        9 * many,
        keys.map((_, n) => [n, many]),
        [],
      ]);
      const byKey = await store().readUsage(query(account, { by: ["key"] }));
      expect(byKey.map((one) => [one.key, one.counts.requests])).toEqual(keys.map((key) => [key, many]));
      const where = { provider: ["p-1", "p-0"], model: ["model-7", `model-${many - 1}`] };
      const byModel = await store().readUsage(query(account, { by: ["model"], where }));
      expect(new Map(byModel.map((one) => [one.model, one.counts.requests]))).toEqual(
        new Map([
          ["model-7", 9],
          [`model-${many - 1}`, 9],
        ]),
      );
      const groups = await store().readUsageGroups(query(account, { by: ["model"] }));
      expect(groups.map(({ model }) => model).toSorted()).toEqual(models.toSorted());
      expect(new Set(requestsOf(groups))).toEqual(new Set([9]));
      expect(new Set(groups.map(({ latencies }) => latencies.length))).toEqual(new Set([0]));
    });

    it("of a group is summed over all steps", async () => {
      const account = freshAccount();
      const later = at("2026-07-01T21:00:00Z");
      await store().addUsage([row(account), row(account, { time: later }), row(account, { model: "m" })], []);
      const groups = await store().readUsageGroups(query(account, { by: ["model"] }));
      const sums = groups.map(({ model, counts: { requests, inputTokens } }) => [
        model,
        requests,
        inputTokens,
      ]);
      expect(sums.toSorted()).toEqual([
        ["gpt-5.4", 2, 8],
        ["m", 1, 4],
      ]);
    });

    it("tells a thousand names of one key apart in a day, and counts the others together", async () => {
      const account = freshAccount();
      const named = (from: number, to: number, time = "2026-07-01T10:20:00Z", key = "key-1"): UsageRow[] =>
        Array.from({ length: to - from }, (_, n) =>
          row(account, { key, time: at(time), model: `model-${from + n}` }),
        );
      await store().addUsage(named(0, 600), []);
      await store().readUsage(query(account));
      // The names of the day stay its own, in its other hours, too; another key and another day have theirs.
      await store().addUsage(named(500, 1300, "2026-07-01T20:20:00Z"), []);
      await store().addUsage(named(1200, 1201, "2026-07-01T20:20:00Z", "key-2"), []);
      await store().addUsage(named(1250, 1251, "2026-07-02T00:00:00Z"), []);
      const models = await store().readUsage(
        query(account, { step: "day", by: ["model", "endpoint"], to: at("2026-07-03T00:00:00Z") }),
      );
      const of = (model: string) => models.find((one) => one.model === model)?.counts.requests;
      expect(models).toHaveLength(1003);
      expect(["model-0", "model-550", "model-999", "model-1000", "model-1200", "model-1250"].map(of)).toEqual(
        [1, 2, 1, undefined, 1, 1],
      );
      expect(models.find(({ model }) => model === "[other]")).toMatchObject({
        endpoint: "[other]",
        counts: { requests: 300 },
      });
    });

    it("is forgotten step by step: minutes after 8 days, hours after 100, days after 800", async () => {
      const account = freshAccount();
      const from = at("2001-07-01T00:00:00Z");
      const later = { time: at("2001-07-01T10:21:00Z"), latencies: [[8, 1]] as const };
      // More than one pruning transaction removes.
      const rows = ["key-1", "key-2", "key-3"].flatMap((key) =>
        Array.from({ length: many - 1 }, (_, n) => row(account, { ...later, key, model: `model-${n}` })),
      );
      await store().addUsage(rows, []);
      const left = async (now: string): Promise<readonly number[]> => {
        await store.forget(now);
        const read = (step: UsageQuery["step"]) =>
          store().readUsage(query(account, { step, from, to: from + 86_400_000 }));
        return [
          (await read("minute")).length,
          (await read("hour")).length,
          (await read("day"))[0]?.latencies[0]?.[1] ?? 0,
        ];
      };
      expect(await left("2001-07-09T10:21:00.000Z")).toEqual([1, 1, 3 * (many - 1)]);
      expect(await left("2001-07-09T10:21:00.001Z")).toEqual([0, 1, 3 * (many - 1)]);
      expect(await left("2001-10-10T00:00:00.000Z")).toEqual([0, 0, 3 * (many - 1)]);
      expect(await left("2003-10-01T00:00:00.000Z")).toEqual([0, 0, 0]);
    });
  });

  describe("names of keys", () => {
    it("are known of those that are there, of deleted ones, and of no other account's", async () => {
      const [account, other] = [freshAccount(), freshAccount()];
      const [here, gone] = [keyRecord(account, { name: "here" }), keyRecord(account, { name: "gone" })];
      const foreign = keyRecord(other, { name: "foreign" });
      await commit(store(), account, insertKey(here), insertKey(gone));
      await commit(store(), other, insertKey(foreign));
      await commit(store(), account, deleteKey(gone));
      const ids = [here.key.id, gone.key.id, foreign.key.id, "unknown"];
      expect(await store().readKeyNames(account, "tokenhub", ids)).toEqual(
        new Map<string, string>([
          [here.key.id, "here"],
          [gone.key.id, "gone"],
        ]),
      );
      expect(await store().readKeyNames(account, "aione", ids)).toEqual(new Map());
      await commit(store(), account, insertKey(keyRecord(account, { id: gone.key.id, name: "anew" })));
      expect((await store().readKeyNames(account, "tokenhub", ids)).get(gone.key.id)).toBe("anew");
    });
  });
};
