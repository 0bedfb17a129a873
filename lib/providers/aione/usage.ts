import type { TechDashboard, UsageRow as WireRow } from "../../schemas/aione.ts";
import type { UsageRow } from "../../store/port/usage.ts";
import type { UsageRange } from "../../usage/range.ts";
import { ranked } from "../../usage/ranked.ts";
import { type Totals, totalsOf } from "../../usage/totals.ts";

const dayMs = 86_400_000;

/** The last days, the present one among them; in UTC, like all that is counted. */
export const lastDays = (days: number, now: Date): UsageRange => {
  const to = Math.ceil((now.getTime() + 1) / dayMs) * dayMs;
  return { step: "day", from: to - days * dayMs, to };
};

/** The last minute that is over. */
export const lastMinute = (now: Date): UsageRange => {
  const to = Math.floor(now.getTime() / 60_000) * 60_000;
  return { step: "minute", from: to - 60_000, to };
};

const dateOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
const orNull = (name: string): string | null => (name === "" ? null : name);

/** Keyway knows no prices: what calls cost is the service's own knowledge. */
const noCost = "0.00";

const tokensOf = ({ tokens }: Totals): number =>
  Math.min(tokens.input + tokens.output, Number.MAX_SAFE_INTEGER);

type Whose = Pick<UsageRow, "time" | "key" | "team" | "model">;

/** One row for each day, key, team and model, whatever the outcomes. */
export const toUsageRows = (rows: readonly UsageRow[]): WireRow[] => {
  const placeOf = ({ time, key, team, model }: Whose): string => JSON.stringify([time, key, team, model]);
  return [...Map.groupBy(rows, placeOf).values()].flatMap((own) => {
    const [first] = own;
    return first === undefined ? [] : [rowOf(first, totalsOf(own))];
  });
};

const rowOf = ({ time, key, team, model }: Whose, totals: Totals): WireRow => ({
  date: dateOf(time),
  key_id: orNull(key),
  team_id: orNull(team),
  model: orNull(model),
  requests: totals.requests,
  prompt_tokens: totals.tokens.input,
  completion_tokens: totals.tokens.output,
  total_tokens: tokensOf(totals),
  cost_rmb: noCost,
});

const percent = (part: number, of: number): string => (of === 0 ? "0.00" : ((part / of) * 100).toFixed(2));

/** Callers name models: the ones with the most requests are shown. */
const modelsMax = 100;

/** `rows` by day and `models` over all days; `minute` is what was let in of keys with a limit, and what these limits allow. */
export const toDashboard = (
  { rows, models }: { readonly rows: readonly UsageRow[]; readonly models: readonly UsageRow[] },
  range: UsageRange,
  minute: { readonly requests: number; readonly limit: number },
): TechDashboard => {
  const totals = totalsOf(rows);
  const { requests, tokens, latency } = totals;
  const refused = requests - (totals.outcomes.VALID ?? 0);
  return {
    total_tokens: tokensOf(totals),
    prompt_tokens: tokens.input,
    completion_tokens: tokens.output,
    total_requests: requests,
    total_cost_rmb: noCost,
    avg_latency_ms: latency?.meanMs ?? 0,
    p99_latency_ms: latency?.p99Ms ?? 0,
    // To its caller a refused call failed, too.
    error_rate_pct: percent(Math.min(refused + totals.failed, requests), requests),
    rpm_usage_pct: percent(minute.requests, minute.limit),
    model_distribution: ranked(
      models.filter(({ model }) => model !== ""),
      ({ model }) => model,
      (one) => one.requests,
    )
      .slice(0, modelsMax)
      .map(({ name, totals: own }) => ({ model: name, requests: own.requests, tokens: tokensOf(own) })),
    daily_trend: trendOf(rows, range),
  };
};

/** Of every day, those without a call among them: a curve needs them. */
const trendOf = (rows: readonly UsageRow[], { from, to }: UsageRange): TechDashboard["daily_trend"] => {
  const byDay = Map.groupBy(rows, ({ time }) => time);
  return Array.from({ length: (to - from) / dayMs }, (_, day) => {
    const time = from + day * dayMs;
    const totals = totalsOf(byDay.get(time) ?? []);
    return { date: dateOf(time), requests: totals.requests, tokens: tokensOf(totals), cost_rmb: noCost };
  });
};
