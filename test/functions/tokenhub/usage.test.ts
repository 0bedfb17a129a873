import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type IssuedCredential, issueAccount, issueCredential } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { codeOf, sdkClient, ways } from "../../support/sdk.ts";
import { spend } from "../../support/usage.ts";

const platform = { Platform: "maas" };
const unix = (time: string): number => Date.parse(time) / 1000;

let keyway: TestKeyway;
let tenant: IssuedCredential;
let first: string;
let second: string;

const client = (of: IssuedCredential = tenant) => sdkClient(keyway, { credentials: of });
const createKey = async (
  ApiKeyName: string,
  more: object = {},
): Promise<readonly [id: string, key: string]> => {
  const { ApiKeyId = "" } = await client().CreateApiKey({
    ApiKeyName,
    ...platform,
    BindType: "all",
    ...more,
  });
  const { ApiKey = "" } = await client().DescribeApiKey({ ApiKeyId, ...platform });
  return [ApiKeyId, ApiKey];
};
const call = (key: string, ask: object, settlement?: object): Promise<string> =>
  spend(facadeOf(keyway), key, ask, settlement, tenant.token);
const tokens = (inputTokens: number, outputTokens: number, more: object = {}) => ({
  inputTokens,
  outputTokens,
  ...more,
});

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-07-01T23:58:30Z") });
  keyway = await startKeyway();
  tenant = await issueAccount(keyway);
  const [one, other] = [await createKey("first"), await createKey("second")];
  [first, second] = [one[0], other[0]];
  await call(one[1], { model: "gpt-5.4", endpoint: "ep-1" }, tokens(100, 50, { cacheTokens: 40 }));
  await call(one[1], { model: "gpt-5.4" }, tokens(10, 5, { outcome: "error" }));
  vi.setSystemTime(new Date("2026-07-02T00:01:10Z"));
  await call(one[1], { model: "deepseek-v3.2" }, tokens(1000, 0));
  await call(other[1], { model: "gpt-5.4" }, tokens(1, 1000));
  await call(other[1], { model: "gpt-5.4" });
  // Keys of other providers are not TokenHub's.
  const { material } = await facadeOf(keyway).create("aione", {}, { token: tenant.token });
  await call(String(material?.value), { model: "gpt-5.4" }, tokens(7, 7));
  vi.useRealTimers();
});
afterAll(() => keyway.stop());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-07-02T00:02:00Z") });
});
afterEach(() => {
  vi.useRealTimers();
});

const range = { StartTime: "2026-07-01T23:58:00Z", EndTime: "2026-07-02T00:02:00Z" };
const rank = (more: object, of: IssuedCredential = tenant) =>
  client(of).DescribeUsageRankList({ Dimension: "apikey", ...range, ...more });

describe("a ranking", () => {
  it("of keys has sums, curves and totals as documented, by the official SDK", async () => {
    const { RequestId, ...reply } = await rank({});
    expect(RequestId).toEqual(expect.any(String));
    const sums = (input: number, output: number, cache: number) => ({
      TotalToken: input + output,
      InputTotalToken: input,
      OutputTotalToken: output,
      CacheTotalToken: cache,
    });
    expect(reply).toEqual({
      Dimension: "apikey",
      MetricType: "tokens",
      MetricKeys: ["TotalToken", "InputTotalToken", "OutputTotalToken", "CacheTotalToken"],
      ViewName: "tokenhub_uin_apikeyid",
      Period: 60,
      ...range,
      Total: 2,
      Offset: 0,
      Limit: 10,
      Timestamps: [0, 60, 120, 180].map((seconds) => unix(range.StartTime) + seconds),
      TopList: [
        {
          Rank: 1,
          Key: first,
          Name: "first",
          Stats: sums(1110, 55, 40),
          Series: {
            TotalToken: "[165,null,null,1000]",
            InputTotalToken: "[110,null,null,1000]",
            OutputTotalToken: "[55,null,null,0]",
            CacheTotalToken: "[40,null,null,0]",
          },
        },
        {
          Rank: 2,
          Key: second,
          Name: "second",
          Stats: sums(1, 1000, 0),
          Series: {
            TotalToken: "[null,null,null,1001]",
            InputTotalToken: "[null,null,null,1]",
            OutputTotalToken: "[null,null,null,1000]",
            CacheTotalToken: "[null,null,null,0]",
          },
        },
      ],
      PageStats: sums(1111, 1055, 40),
      TotalStats: sums(1111, 1055, 40),
      SortKey: "TotalToken",
    });
  });

  it.each(ways)("answers $signMethod by $reqMethod alike", async (way) => {
    const { TopList = [] } = await sdkClient(keyway, { ...way, credentials: tenant }).DescribeUsageRankList({
      Dimension: "model",
      ...range,
      ShowAll: true,
    });
    expect(TopList.map(({ Key, Name, Rank }) => [Rank, Key, Name])).toEqual([
      [1, "gpt-5.4", "gpt-5.4"],
      [2, "deepseek-v3.2", "deepseek-v3.2"],
    ]);
  });

  it("is sorted by what is asked for", async () => {
    const { TopList = [], SortKey } = await rank({ SortKey: "OutputTotalToken" });
    expect([SortKey, TopList.map(({ Key }) => Key)]).toEqual(["OutputTotalToken", [second, first]]);
  });

  it("of all objects has neither curves nor pages", async () => {
    const reply = await rank({ ShowAll: true, Offset: 1, Period: 300 });
    expect(reply).toMatchObject({ Period: 0, Offset: 0, Limit: 2, Total: 2, Timestamps: [] });
    expect(reply.TopList?.map(({ Series }) => Series)).toEqual([null, null]);
  });

  it("goes on at the offset, in pages of ten", async () => {
    const { TopList = [], Total, Offset, Limit } = await rank({ Offset: 1 });
    expect([Total, Offset, Limit, TopList.map(({ Rank, Key }) => [Rank, Key])]).toEqual([
      2,
      1,
      10,
      [[2, second]],
    ]);
    expect(await rank({ Offset: 5 })).toMatchObject({ Total: 2, TopList: [], PageStats: { TotalToken: 0 } });
  });

  it("is of one target where it is named, and of endpoints that were called", async () => {
    expect((await rank({ Target: second })).TopList?.map(({ Key }) => Key)).toEqual([second]);
    expect((await rank({ Target: "" })).Total).toBe(2);
    const { TopList = [] } = await rank({ Dimension: "endpoint" });
    expect(TopList).toMatchObject([{ Key: "ep-1", Name: "ep-1", Stats: { TotalToken: 150 } }]);
  });

  it("of one key's models counts its requests, too, and those that failed", async () => {
    const { TopList = [], MetricKeys } = await rank({
      Dimension: "model",
      MetricType: "apikey_usage",
      Anchor: first,
      SortKey: "RequestCount",
    });
    expect(MetricKeys?.slice(4)).toEqual(["RequestCount", "RequestFailCount"]);
    expect(TopList).toMatchObject([
      { Key: "gpt-5.4", Stats: { TotalToken: 165, RequestCount: 2, RequestFailCount: 1 } },
      { Key: "deepseek-v3.2", Stats: { TotalToken: 1000, RequestCount: 1, RequestFailCount: 0 } },
    ]);
  });

  it("of searches is empty: none is made here", async () => {
    expect(await rank({ Dimension: "model", MetricType: "search", ShowAll: true })).toMatchObject({
      MetricKeys: ["SearchRequestCount", "SearchCount"],
      Total: 0,
      Limit: 0,
      TopList: [],
      TotalStats: { SearchRequestCount: 0, SearchCount: 0 },
      SortKey: "SearchRequestCount",
    });
  });

  it("by the day begins where a day begins in China", async () => {
    const reply = await rank({
      StartTime: "2026-07-01T02:00:00+08:00",
      EndTime: "2026-07-03T00:00:00+08:00",
      Period: 86_400,
    });
    expect(reply.Timestamps).toEqual([unix("2026-07-01T00:00:00+08:00"), unix("2026-07-02T00:00:00+08:00")]);
    expect(reply.TopList?.[0]?.Series?.TotalToken).toBe("[null,1165]");
  });

  it("still names a key that was deleted", async () => {
    const [ApiKeyId, key] = await createKey("short-lived");
    await call(key, { model: "short-lived" }, tokens(1, 1));
    await client().DeleteApiKey({ ApiKeyId, ...platform });
    vi.setSystemTime(new Date("2026-07-02T00:03:00Z"));
    const { TopList = [] } = await rank({ EndTime: "2026-07-02T00:03:00Z", Target: ApiKeyId });
    expect(TopList).toMatchObject([{ Key: ApiKeyId, Name: "short-lived" }]);
  });

  it("is nobody else's", async () => {
    expect(await rank({}, await issueAccount(keyway))).toMatchObject({ Total: 0, TopList: [] });
    expect(await rank({ Target: first }, await issueAccount(keyway))).toMatchObject({ Total: 0 });
  });
});

const missing = "MissingParameter.MissingParameter";
const invalid = "InvalidParameter.InvalidParameter";

describe("a ranking is refused", () => {
  it.each<[string, object, string]>([
    ["without a dimension", { Dimension: undefined }, missing],
    ["by another dimension", { Dimension: "team" }, invalid],
    ["by a dimension in capitals", { Dimension: "APIKEY" }, invalid],
    ["without a beginning", { StartTime: undefined }, missing],
    ["of a time without a zone", { StartTime: "2026-07-01 00:00:00" }, invalid],
    ["of no time", { EndTime: range.StartTime }, invalid],
    ["of more than 90 days", { StartTime: "2026-04-03T00:01:59Z" }, "InvalidParameter.PeriodExceedsSpan"],
    ["of times long past", { StartTime: "2026-03-01T00:00:00Z", EndTime: "2026-03-02T00:00:00Z" }, invalid],
    ["with another period", { Period: 61 }, invalid],
    ["with a period that is a text", { Period: "60" }, "InvalidParameter"],
    [
      "too fine for two days",
      { StartTime: "2026-06-30T00:00:00Z", Period: 60 },
      "InvalidParameter.PeriodTooFineForData",
    ],
    [
      "too fine for six days",
      { StartTime: "2026-06-26T00:00:00Z", Period: 300 },
      "InvalidParameter.PeriodTooFineForData",
    ],
    [
      "too fine for eleven days",
      { StartTime: "2026-06-21T00:00:00Z", Period: 3600 },
      "InvalidParameter.PeriodTooFineForData",
    ],
    [
      "too fine for what is kept",
      { StartTime: "2026-06-20T00:00:00Z", EndTime: "2026-06-20T01:00:00Z", Period: 60 },
      "InvalidParameter.PeriodTooFineForData",
    ],
    ["of another family", { MetricType: "money" }, invalid],
    ["sorted by what is not counted", { SortKey: "RequestCount" }, invalid],
    ["of searches by key", { MetricType: "search" }, invalid],
    ["of a key by key", { MetricType: "apikey_usage", Anchor: "ak-1" }, invalid],
    ["of a key that is not named", { MetricType: "apikey_usage", Dimension: "model" }, missing],
    ["from before the first", { Offset: -1 }, invalid],
    ["of a long target", { Target: "x".repeat(257) }, invalid],
    ["with an unknown field", { Limit: 10 }, "UnknownParameter"],
  ])("%s", async (_, more, code) => {
    expect(await codeOf(rank(more))).toBe(code);
  });

  it.each<[object, number]>([
    [{ StartTime: "2026-07-01T00:02:00Z" }, 60],
    [{ StartTime: "2026-06-27T00:02:00Z" }, 300],
    [{ StartTime: "2026-06-22T00:02:00Z" }, 3600],
    [{ StartTime: "2026-04-03T00:02:00Z" }, 86_400],
    // Minutes of then are not kept: the finest period that there is.
    [{ StartTime: "2026-06-20T00:00:00Z", EndTime: "2026-06-20T01:00:00Z" }, 3600],
  ])("not for %o, whose least period is %i", async (more, Period) => {
    expect(await rank(more)).toMatchObject({ Period });
  });

  it("to who may not read usage of this provider", async () => {
    const denied = "UnauthorizedOperation.UnauthorizedOperation";
    const options = { token: tenant.token };
    expect(await codeOf(rank({}, await issueCredential(keyway, "verifier", options)))).toBe(denied);
    const elsewhere = await issueCredential(keyway, "viewer", { ...options, providers: ["aione"] });
    expect(await codeOf(rank({}, elsewhere))).toBe(denied);
  });
});

describe("quotas", () => {
  const quotas = {
    Quotas: [
      { CycleUnit: "d", CycleCredits: "1000" },
      { CycleUnit: "lifetime", CycleCredits: "5000" },
    ],
  };

  it("tell what was spent of them, exactly and at once, and when they are exhausted", async () => {
    const [ApiKeyId, key] = await createKey("with-quotas", quotas);
    const told = async () => {
      const { QuotaSet = [], QuotaStatus } = await client().DescribeApiKey({ ApiKeyId, ...platform });
      const { ApiKeySet = [] } = await client().DescribeApiKeyList({
        Filters: [{ Name: "apikeyId", Op: "EXACT", Values: [ApiKeyId] }],
      });
      // The list says what the detail says.
      expect([ApiKeySet[0]?.QuotaSet, ApiKeySet[0]?.QuotaStatus]).toEqual([QuotaSet, QuotaStatus]);
      return [QuotaStatus, ...QuotaSet.map(({ CycleUsed, Status }) => [CycleUsed, Status])];
    };
    expect(await told()).toEqual(["active", ["0", 1], ["0", 1]]);
    expect(await call(key, { cost: { tokens: 600 } }, tokens(200, 50))).toBe("VALID");
    expect(await told()).toEqual(["active", ["250", 1], ["250", 1]]);
    expect(await call(key, { cost: { tokens: 700 } }, tokens(800, 0))).toBe("VALID");
    expect(await told()).toEqual(["inactive", ["1050", 3], ["1050", 1]]);
    expect(await call(key, { cost: { tokens: 1 } })).toBe("QUOTA_EXCEEDED");
    vi.setSystemTime(new Date("2026-07-03T00:00:00Z"));
    expect(await told()).toEqual(["active", ["0", 1], ["1050", 1]]);
    expect(await call(key, { cost: { tokens: 1 } })).toBe("VALID");
  });
});
