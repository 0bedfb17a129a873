import type { UsageRow } from "./port/usage.ts";

/** One row for each place: what stands in several is added up. */
export const sumsOf = (rows: readonly UsageRow[]): readonly UsageRow[] => {
  const sums = new Map<string, UsageRow>();
  for (const row of rows) {
    const { account, provider, key, team, model, endpoint, outcome, time } = row;
    const place = JSON.stringify([account, provider, key, team, model, endpoint, outcome, time]);
    const before = sums.get(place);
    sums.set(place, before === undefined ? row : sumOf(before, row));
  }
  return [...sums.values()];
};

/** What callers say of tokens may be anything: a sum that is no exact integer could not be stored. */
const bounded = (sum: number): number => Math.min(sum, Number.MAX_SAFE_INTEGER);

const sumOf = (one: UsageRow, other: UsageRow): UsageRow => {
  const latencies = new Map(one.latencies);
  for (const [kind, calls] of other.latencies) latencies.set(kind, (latencies.get(kind) ?? 0) + calls);
  const [a, b] = [one.counts, other.counts];
  return {
    ...one,
    counts: {
      requests: a.requests + b.requests,
      reservedTokens: bounded(a.reservedTokens + b.reservedTokens),
      spentTokens: bounded(a.spentTokens + b.spentTokens),
      inputTokens: bounded(a.inputTokens + b.inputTokens),
      outputTokens: bounded(a.outputTokens + b.outputTokens),
      cacheTokens: bounded(a.cacheTokens + b.cacheTokens),
      timed: a.timed + b.timed,
      latencyMs: a.latencyMs + b.latencyMs,
      failed: a.failed + b.failed,
    },
    latencies: [...latencies],
  };
};
