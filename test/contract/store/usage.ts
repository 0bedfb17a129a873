import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { Store, UsageCounts, UsageQuery, UsageRow } from "../../../lib/store/port.ts";
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

export const usageRules = (store: () => Store): void => {
  describe("usage", () => {
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

    it("is forgotten step by step: minutes after 8 days, hours after 100, days after 800", async () => {
      const account = freshAccount();
      const from = at("2001-07-01T00:00:00Z");
      const later = { time: at("2001-07-01T10:21:00Z"), latencies: [[8, 1]] as const };
      // More than one pruning transaction removes.
      const names = Array.from({ length: 2500 }, (_, n) => `model-${n}`);
      await store().addUsage(
        names.map((model) => row(account, { ...later, model })),
        [],
      );
      const left = async (now: string): Promise<readonly number[]> => {
        await store().pruneEnded(now);
        const read = (step: UsageQuery["step"]) =>
          store().readUsage(query(account, { step, from, to: from + 86_400_000 }));
        return [
          (await read("minute")).length,
          (await read("hour")).length,
          (await read("day"))[0]?.latencies[0]?.[1] ?? 0,
        ];
      };
      expect(await left("2001-07-09T10:21:00.000Z")).toEqual([1, 1, 2500]);
      expect(await left("2001-07-09T10:21:00.001Z")).toEqual([0, 1, 2500]);
      expect(await left("2001-10-10T00:00:00.000Z")).toEqual([0, 0, 2500]);
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
