import type { UsageCounts, UsageRow } from "../store/port/usage.ts";
import { percentile } from "./latency.ts";

/** What some rows come to together. */
export interface Totals {
  readonly requests: number;
  /** Requests by the code of their verdict. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Calls that were let in and then settled as failed. */
  readonly failed: number;
  readonly tokens: {
    readonly input: number;
    readonly output: number;
    /** A part of the input. */
    readonly cache: number;
    readonly reserved: number;
    readonly spent: number;
  };
  /** Null where no call was settled with one. */
  readonly latency: {
    readonly calls: number;
    readonly meanMs: number;
    readonly p50Ms: number;
    readonly p95Ms: number;
    readonly p99Ms: number;
  } | null;
}

/** Corrections come in minutes of their own when a key changed its team between a call and its settlement. */
const whole = (sum: number): number => Math.min(Math.max(0, sum), Number.MAX_SAFE_INTEGER);

export const totalsOf = (rows: readonly UsageRow[]): Totals => {
  const sum = (name: keyof UsageCounts): number => rows.reduce((all, { counts }) => all + counts[name], 0);
  const outcomes = new Map<string, number>();
  const latencies = new Map<number, number>();
  for (const row of rows) {
    const { requests } = row.counts;
    if (requests > 0) outcomes.set(row.outcome, (outcomes.get(row.outcome) ?? 0) + requests);
    for (const [kind, calls] of row.latencies) latencies.set(kind, (latencies.get(kind) ?? 0) + calls);
  }
  return {
    requests: whole(sum("requests")),
    outcomes: Object.fromEntries([...outcomes].sort(([one], [other]) => (one < other ? -1 : 1))),
    failed: whole(sum("failed")),
    tokens: {
      input: whole(sum("inputTokens")),
      output: whole(sum("outputTokens")),
      cache: whole(sum("cacheTokens")),
      reserved: whole(sum("reservedTokens")),
      spent: whole(sum("spentTokens")),
    },
    latency: latencyOf(latencies, sum("timed"), sum("latencyMs")),
  };
};

const latencyOf = (
  latencies: ReadonlyMap<number, number>,
  calls: number,
  sumMs: number,
): Totals["latency"] => {
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((share) => percentile(latencies, share) ?? 0);
  if (calls === 0 || p50Ms === undefined || p95Ms === undefined || p99Ms === undefined) return null;
  return { calls, meanMs: Math.round(sumMs / calls), p50Ms, p95Ms, p99Ms };
};
