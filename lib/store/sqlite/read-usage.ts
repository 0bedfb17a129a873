import type { DatabaseSync } from "node:sqlite";
import { accountId } from "../../schemas/key.ts";
import type { UsageQuery, UsageRow } from "../port.ts";
import { prepare } from "./statement.ts";

type Row = [
  account: string,
  time: number,
  provider: string,
  key: string,
  model: string,
  endpoint: string,
  team: string,
  outcome: string,
  requests: number,
  inputTokens: number,
  outputTokens: number,
  cacheTokens: number,
  timed: number,
  latencyMs: number,
  failed: number,
];

const rowOf = (row: Row): UsageRow => {
  const [account, time, provider, key, model, endpoint, team, outcome, ...counts] = row;
  const [requests, inputTokens, outputTokens, cacheTokens, timed, latencyMs, failed] = counts;
  return {
    account: accountId.parse(account),
    time,
    provider,
    key,
    model,
    endpoint,
    team,
    outcome,
    counts: { requests, inputTokens, outputTokens, cacheTokens, timed, latencyMs, failed },
  };
};

/** A filter that is null lets all pass. */
export const prepareReadUsage = (db: DatabaseSync): ((query: UsageQuery) => readonly UsageRow[]) => {
  const read = prepare<Row>(
    db,
    `SELECT account, time, provider, key, model, endpoint, team, outcome, requests, input_tokens, output_tokens,
       cache_tokens, timed, latency_ms, failed
     FROM usage
     WHERE account = ?1 AND step = ?2 AND time >= ?3 AND time < ?4
       AND (?5 IS NULL OR provider = ?5) AND (?6 IS NULL OR key = ?6)
       AND (?7 IS NULL OR team = ?7) AND (?8 IS NULL OR model = ?8)
     ORDER BY time`,
  );
  return ({ account, step, from, to, provider, key, team, model }) =>
    read.all(account, step, from, to, provider ?? null, key ?? null, team ?? null, model ?? null).map(rowOf);
};
