import * as z from "zod";

/** What TokenHub tells of usage, version 2026-03-22. */

/** The keys of what is counted, by the family that they are of; the first of each is what a list is sorted by. */
export const metricKeys = {
  tokens: ["TotalToken", "InputTotalToken", "OutputTotalToken", "CacheTotalToken"],
  search: ["SearchRequestCount", "SearchCount"],
  apikey_usage: [
    "TotalToken",
    "InputTotalToken",
    "OutputTotalToken",
    "CacheTotalToken",
    "RequestCount",
    "RequestFailCount",
  ],
} as const;
const metricKey = z.enum([...metricKeys.apikey_usage, ...metricKeys.search]);
export type MetricKey = z.infer<typeof metricKey>;

const dimension = z.enum(["apikey", "endpoint", "model"]);
const metricType = z.enum(["tokens", "search", "apikey_usage"]);
const rfc3339 = z.iso.datetime({ offset: true });

export const describeUsageRankListRequest = z
  .strictObject({
    Dimension: dimension,
    StartTime: rfc3339,
    EndTime: rfc3339,
    MetricType: metricType.optional(),
    Anchor: z.string().max(256).optional(),
    Target: z.string().max(256).optional(),
    Period: z
      .int()
      .refine((seconds) => [60, 300, 3600, 86_400].includes(seconds), {
        message: "must be 60, 300, 3600 or 86400.",
      })
      .optional(),
    Offset: z.int().min(0).optional(),
    ShowAll: z.boolean().optional(),
    SortKey: z.string().max(64).optional(),
  })
  .check(({ value, issues }) => {
    const { MetricType = "tokens", Dimension, Anchor, SortKey } = value;
    const fault = (path: string, code: string, message: string): void => {
      issues.push({ code: "custom", path: [path], input: value, params: { code }, message });
    };
    if (MetricType === "search" && Dimension !== "model") {
      fault("Dimension", "field_conflict", "must be `model` when `MetricType` is `search`.");
    }
    if (MetricType === "apikey_usage" && Dimension === "apikey") {
      fault("Dimension", "field_conflict", "must not be `apikey` when `MetricType` is `apikey_usage`.");
    }
    if (MetricType === "apikey_usage" && !Anchor) {
      fault("Anchor", "field_missing", "is required when `MetricType` is `apikey_usage`.");
    }
    if (SortKey && !metricKeys[MetricType].some((key) => key === SortKey)) {
      fault("SortKey", "field_value_invalid", `must be one of ${metricKeys[MetricType].join(", ")}.`);
    }
  });
export type UsageRankRequest = z.infer<typeof describeUsageRankListRequest>;

const stats = z.partialRecord(metricKey, z.int().min(0));
/** Lists of integers and nulls, each written as a text of JSON. */
const series = z.partialRecord(metricKey, z.string());

export const describeUsageRankListReply = z.strictObject({
  Dimension: dimension,
  MetricType: metricType,
  MetricKeys: z.array(metricKey),
  ViewName: z.string(),
  Period: z.int(),
  StartTime: z.string(),
  EndTime: z.string(),
  Total: z.int(),
  Offset: z.int(),
  Limit: z.int(),
  Timestamps: z.array(z.int()),
  TopList: z.array(
    z.strictObject({
      Rank: z.int(),
      Key: z.string(),
      Name: z.string(),
      Stats: stats,
      Series: series.nullable(),
    }),
  ),
  PageStats: stats,
  TotalStats: stats,
  SortKey: metricKey,
  RequestId: z.string(),
});
export type UsageRankReply = z.infer<typeof describeUsageRankListReply>;
