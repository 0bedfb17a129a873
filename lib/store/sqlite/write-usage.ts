import type { DatabaseSync } from "node:sqlite";
import { keptMs, stepMs, type UsageRow, usageSteps } from "../port/usage.ts";
import { prepare } from "./statement.ts";

export interface UsageWrites {
  add(rows: readonly UsageRow[]): void;
  /** Answers how many of a kind it removed at most, `most` of each at once. */
  prune(now: string, most: number): number;
}

const place = "step, time, account, provider, key, model, endpoint, team, outcome";

/** What callers say of tokens may be anything: a sum that JavaScript cannot read would stop every reading. */
const sum = (column: string): string =>
  `${column} = min(${column} + excluded.${column}, ${Number.MAX_SAFE_INTEGER})`;

export const prepareUsageWrites = (db: DatabaseSync): UsageWrites => {
  const add = prepare(
    db,
    `INSERT INTO usage (${place}, requests, reserved_tokens, spent_tokens,
       input_tokens, output_tokens, cache_tokens, timed, latency_ms, failed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET
       requests = requests + excluded.requests,
       ${sum("reserved_tokens")},
       ${sum("spent_tokens")},
       ${sum("input_tokens")},
       ${sum("output_tokens")},
       ${sum("cache_tokens")},
       timed = timed + excluded.timed,
       latency_ms = latency_ms + excluded.latency_ms,
       failed = failed + excluded.failed`,
  );
  const addLatency = prepare(
    db,
    `INSERT INTO usage_latencies (${place}, kind, calls) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET calls = calls + excluded.calls`,
  );
  const prunes = ["usage", "usage_latencies"].map((table) => {
    const own = table === "usage" ? place : `${place}, kind`;
    return prepare(
      db,
      `DELETE FROM ${table} WHERE (${own}) IN
         (SELECT ${own} FROM ${table} WHERE step = ? AND time < ? LIMIT ?)`,
    );
  });

  const addTo = (step: (typeof usageSteps)[number], row: UsageRow): void => {
    const { account, provider, key, model, endpoint, team, outcome, counts, latencies } = row;
    const time = Math.floor(row.time / stepMs[step]) * stepMs[step];
    add.run(
      step,
      time,
      account,
      provider,
      key,
      model,
      endpoint,
      team,
      outcome,
      counts.requests,
      counts.reservedTokens,
      counts.spentTokens,
      counts.inputTokens,
      counts.outputTokens,
      counts.cacheTokens,
      counts.timed,
      counts.latencyMs,
      counts.failed,
    );
    for (const [kind, calls] of latencies) {
      addLatency.run(step, time, account, provider, key, model, endpoint, team, outcome, kind, calls);
    }
  };

  return {
    add: (rows) => {
      for (const row of rows) for (const step of usageSteps) addTo(step, row);
    },
    prune: (now, most) =>
      Math.max(
        ...usageSteps.flatMap((step) =>
          prunes.map((prune) => Number(prune.run(step, Date.parse(now) - keptMs[step], most).changes)),
        ),
      ),
  };
};
