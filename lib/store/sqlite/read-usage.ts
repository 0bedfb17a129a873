import type { DatabaseSync } from "node:sqlite";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { accountId } from "../../schemas/key.ts";
import {
  type LatencyCount,
  stepMs,
  type UsageName,
  type UsageQuery,
  type UsageRow,
  usageNames,
} from "../port.ts";
import { prepareOnUse } from "./statement.ts";

type Names = [provider: string, key: string, team: string, model: string, endpoint: string, outcome: string];
type Row = [
  ...Names,
  requests: number,
  reservedTokens: number,
  spentTokens: number,
  inputTokens: number,
  outputTokens: number,
  cacheTokens: number,
  timed: number,
  latencyMs: number,
  failed: number,
];
type LatencyRow = [...Names, kind: number, calls: number];

/** Reading must not keep verifications waiting: after so long, the other calls have their turn. */
const sliceMs = 5;

/** `total` is a float: where a sum of callers' words outgrows an integer, it loses its last digits and not the reading. */
const amounts = [
  "requests",
  "reserved_tokens",
  "spent_tokens",
  "input_tokens",
  "output_tokens",
  "cache_tokens",
  "timed",
  "latency_ms",
  "failed",
]
  .map((column) => `total(${column})`)
  .join(", ");

/** One step at a time: a range over steps could not seek by provider and key, which stand behind the time. */
export const usageSql = (
  { by, where }: Pick<UsageQuery, "by" | "where">,
  table: string,
  columns: string,
  more: readonly string[],
): string => {
  const apart = [...by, "outcome", ...more].join(", ");
  const names = usageNames.map((name) => (by.includes(name) ? name : "''"));
  const conditions = filtersOf(where).map(([name]) => `AND ${name} IN (SELECT value FROM json_each(?))`);
  return `SELECT ${names.join(", ")}, outcome, ${columns} FROM ${table}
    WHERE step = ? AND time = ? AND account = ? ${conditions.join(" ")}
    GROUP BY ${apart} ORDER BY ${apart}`;
};

const filtersOf = (where: UsageQuery["where"]): readonly (readonly [UsageName, readonly string[]])[] =>
  usageNames.flatMap((name) => {
    const values = where[name];
    return values === undefined ? [] : [[name, values] as const];
  });

const placeOf = (names: readonly string[]): string => JSON.stringify(names);

export const prepareReadUsage = (db: DatabaseSync): ((query: UsageQuery) => Promise<readonly UsageRow[]>) => {
  const counts = prepareOnUse<Row>(db);
  const latencies = prepareOnUse<LatencyRow>(db);

  return async (query) => {
    const { account, step, from, to, where } = query;
    const countsOf = counts(usageSql(query, "usage", amounts, []));
    const latenciesOf = latencies(usageSql(query, "usage_latencies", "kind, sum(calls)", ["kind"]));
    const values = filtersOf(where).map(([, names]) => JSON.stringify(names));
    const rows: UsageRow[] = [];
    let began = performance.now();
    for (let time = from; time < to; time += stepMs[step]) {
      const found = countsOf.all(step, time, account, ...values);
      if (found.length > 0) {
        const kinds = byPlace(latenciesOf.all(step, time, account, ...values));
        for (const row of found) rows.push(rowOf(account, time, row, kinds));
      }
      if (performance.now() - began < sliceMs) continue;
      await endOfTurn();
      began = performance.now();
    }
    return rows;
  };
};

const byPlace = (rows: readonly LatencyRow[]): ReadonlyMap<string, readonly LatencyCount[]> => {
  const found = new Map<string, LatencyCount[]>();
  for (const [provider, key, team, model, endpoint, outcome, kind, calls] of rows) {
    const place = placeOf([provider, key, team, model, endpoint, outcome]);
    const known = found.get(place);
    if (known === undefined) found.set(place, [[kind, calls]]);
    else known.push([kind, calls]);
  }
  return found;
};

const none: readonly LatencyCount[] = [];

const rowOf = (
  account: string,
  time: number,
  row: Row,
  latencies: ReadonlyMap<string, readonly LatencyCount[]>,
): UsageRow => {
  const [provider, key, team, model, endpoint, outcome, requests, reservedTokens, spentTokens, ...more] = row;
  const [inputTokens, outputTokens, cacheTokens, timed, latencyMs, failed] = more;
  return {
    account: accountId.parse(account),
    time,
    provider,
    key,
    team,
    model,
    endpoint,
    outcome,
    counts: {
      requests,
      reservedTokens,
      spentTokens,
      inputTokens,
      outputTokens,
      cacheTokens,
      timed,
      latencyMs,
      failed,
    },
    latencies: latencies.get(placeOf([provider, key, team, model, endpoint, outcome])) ?? none,
  };
};
