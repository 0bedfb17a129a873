import type { DatabaseSync } from "node:sqlite";
import { type UsageRow, type UsageStep, usageSteps } from "../port.ts";
import { prepare } from "./statement.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const stepMs: Readonly<Record<UsageStep, number>> = { minute: minuteMs, hour: hourMs, day: dayMs };

/** How long each step is kept; days longer than any list of usage asks back. */
const keptMs: Readonly<Record<UsageStep, number>> = {
  minute: 8 * dayMs,
  hour: 100 * dayMs,
  day: 800 * dayMs,
};

export interface UsageWrites {
  add(rows: readonly UsageRow[]): void;
  prune(now: string): void;
}

export const prepareUsageWrites = (db: DatabaseSync): UsageWrites => {
  const add = prepare(
    db,
    `INSERT INTO usage (account, step, time, provider, key, model, endpoint, team, outcome,
       requests, input_tokens, output_tokens, cache_tokens, timed, latency_ms, failed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET
       requests = requests + excluded.requests,
       input_tokens = input_tokens + excluded.input_tokens,
       output_tokens = output_tokens + excluded.output_tokens,
       cache_tokens = cache_tokens + excluded.cache_tokens,
       timed = timed + excluded.timed,
       latency_ms = latency_ms + excluded.latency_ms,
       failed = failed + excluded.failed`,
  );
  const prune = prepare(db, "DELETE FROM usage WHERE step = ? AND time < ?");
  return {
    add: (rows) => {
      for (const { account, provider, key, model, endpoint, team, outcome, time, counts } of rows) {
        for (const step of usageSteps) {
          add.run(
            account,
            step,
            Math.floor(time / stepMs[step]) * stepMs[step],
            provider,
            key,
            model,
            endpoint,
            team,
            outcome,
            counts.requests,
            counts.inputTokens,
            counts.outputTokens,
            counts.cacheTokens,
            counts.timed,
            counts.latencyMs,
            counts.failed,
          );
        }
      }
    },
    prune: (now) => {
      for (const step of usageSteps) prune.run(step, Date.parse(now) - keptMs[step]);
    },
  };
};
