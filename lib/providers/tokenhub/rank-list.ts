import {
  type MetricKey,
  metricKeys,
  type UsageRankReply,
  type UsageRankRequest,
} from "../../schemas/tokenhub-usage.ts";
import type { UsageName, UsageRow } from "../../store/port/usage.ts";
import { type Ranked, ranked } from "../../usage/ranked.ts";
import { type Totals, totalsOf } from "../../usage/totals.ts";
import type { RankPlan } from "./rank-plan.ts";

type Dimension = UsageRankRequest["Dimension"];

/** What an object of each dimension is called where usage is kept. */
export const dimensionNames = {
  apikey: "key",
  endpoint: "endpoint",
  model: "model",
} as const satisfies Readonly<Record<Dimension, UsageName>>;

/** The one of keys is of the documentation's sample, the others are made like it (inferred). */
const viewNames: Readonly<Record<Dimension, string>> = {
  apikey: "tokenhub_uin_apikeyid",
  endpoint: "tokenhub_uin_endpointid",
  model: "tokenhub_uin_model",
};

const whole = (sum: number): number => Math.min(sum, Number.MAX_SAFE_INTEGER);

/** Of searches nothing is counted here. */
const amounts: Readonly<Record<MetricKey, (totals: Totals) => number>> = {
  TotalToken: ({ tokens }) => whole(tokens.input + tokens.output),
  InputTotalToken: ({ tokens }) => tokens.input,
  OutputTotalToken: ({ tokens }) => tokens.output,
  CacheTotalToken: ({ tokens }) => tokens.cache,
  RequestCount: ({ requests }) => requests,
  RequestFailCount: ({ requests, outcomes, failed }) => requests - (outcomes.VALID ?? 0) + failed,
  SearchRequestCount: () => 0,
  SearchCount: () => 0,
};

const pageSize = 10;

export interface RankPage {
  readonly sortKey: MetricKey;
  readonly all: readonly Ranked[];
  /** Those that the reply lists, the first of them at this place of all. */
  readonly page: readonly Ranked[];
  readonly offset: number;
}

/** The objects that anything was counted of, the most first, and the page that is asked for. */
export const pageOf = (
  { Dimension, MetricType = "tokens", SortKey, Offset = 0, ShowAll = false }: UsageRankRequest,
  groups: readonly UsageRow[],
): RankPage => {
  const keys: readonly MetricKey[] = metricKeys[MetricType];
  const sortKey = keys.find((key) => key === SortKey) ?? metricKeys[MetricType][0];
  const all = ranked(groups, (row) => row[dimensionNames[Dimension]], amounts[sortKey]).filter(
    ({ name, totals }) => name !== "" && keys.some((key) => amounts[key](totals) > 0),
  );
  const offset = ShowAll ? 0 : Offset;
  return { sortKey, all, page: ShowAll ? all : all.slice(offset, offset + pageSize), offset };
};

export const toRankList = (
  request: UsageRankRequest,
  { sortKey, all, page, offset }: RankPage,
  plan: RankPlan,
  rows: readonly UsageRow[],
  nameOf: (key: string) => string,
): Omit<UsageRankReply, "RequestId"> => {
  const { Dimension, MetricType = "tokens", StartTime, EndTime, ShowAll = false } = request;
  const keys: readonly MetricKey[] = metricKeys[MetricType];
  const rowsOf = Map.groupBy(rows, (row) => row[dimensionNames[Dimension]]);
  const statsOf = (objects: readonly Ranked[]): UsageRankReply["TotalStats"] => {
    const totals = totalsOf(objects.flatMap(({ rows }) => rows));
    return Object.fromEntries(keys.map((key) => [key, amounts[key](totals)]));
  };
  return {
    Dimension,
    MetricType,
    MetricKeys: [...keys],
    ViewName: viewNames[Dimension],
    Period: plan.period,
    StartTime,
    EndTime,
    Total: all.length,
    Offset: offset,
    Limit: ShowAll ? all.length : pageSize,
    Timestamps: [...plan.timestamps],
    TopList: page.map((one, place) => ({
      Rank: offset + place + 1,
      Key: one.name,
      Name: nameOf(one.name),
      Stats: statsOf([one]),
      Series: ShowAll ? null : seriesOf(rowsOf.get(one.name) ?? [], keys, plan),
    })),
    PageStats: statsOf(page),
    TotalStats: statsOf(all),
    SortKey: sortKey,
  };
};

/** As long as the timestamps; null where nothing was counted. */
const seriesOf = (
  rows: readonly UsageRow[],
  keys: readonly MetricKey[],
  { period, timestamps }: RankPlan,
): NonNullable<UsageRankReply["TopList"][number]["Series"]> => {
  const first = timestamps[0] ?? 0;
  // What began before the first point, in the step that the start is in, is of that point.
  const points = Map.groupBy(rows, ({ time }) => Math.max(0, Math.floor((time / 1000 - first) / period)));
  const totals = timestamps.map((_, place) => {
    const own = points.get(place);
    return own === undefined ? null : totalsOf(own);
  });
  return Object.fromEntries(
    keys.map((key) => [key, JSON.stringify(totals.map((one) => (one === null ? null : amounts[key](one))))]),
  );
};
