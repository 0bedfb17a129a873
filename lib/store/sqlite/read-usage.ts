import type { DatabaseSync } from "node:sqlite";
import { setImmediate as endOfTurn } from "node:timers/promises";
import {
  type LatencyCount,
  otherName,
  stepMs,
  TooMuchUsage,
  type UsageCounts,
  type UsageQuery,
  type UsageRow,
  usageCountNames,
  usageGroupsMax,
  usageNames,
  usageRowsMax,
} from "../port/usage.ts";
import { prepareUsagePages, type UsageTable } from "./usage-pages.ts";

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
type LatencyRow = [...Names, calls: number, kind: number];

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

export const countsTable: UsageTable = { name: "usage", columns: amounts, more: [] };
export const latenciesTable: UsageTable = {
  name: "usage_latencies",
  columns: "sum(calls), kind",
  more: ["kind"],
};

type Sum = { -readonly [Name in keyof UsageCounts]: number };

/** Sums of what one place has: a time, or all of them, with its names and outcome. */
interface Place {
  readonly names: Names;
  readonly counts: Sum;
  latencies: Map<number, number> | undefined;
}

export interface UsageReadings {
  rows(query: UsageQuery): Promise<readonly UsageRow[]>;
  groups(query: UsageQuery): Promise<readonly UsageRow[]>;
}

export const prepareReadUsage = (db: DatabaseSync): UsageReadings => {
  const countPages = prepareUsagePages<Row>(db, countsTable);
  const latencyPages = prepareUsagePages<LatencyRow>(db, latenciesTable);

  return {
    rows: async (query) => {
      const { from, to, step } = query;
      const rows: UsageRow[] = [];
      const pause = pauses();
      for (let time = from; time < to; time += stepMs[step]) {
        const places = new Map<string, Place>();
        for (const page of countPages(query, time)) {
          for (const row of page) addCounts(places, placeOf(row), row);
          if (rows.length + places.size > usageRowsMax) throw new TooMuchUsage();
          await pause();
        }
        if (places.size === 0) continue;
        for (const page of latencyPages(query, time)) {
          for (const row of page) addLatency(places, row);
          await pause();
        }
        for (const place of inOrder(places)) rows.push(rowOf(query, time, place));
      }
      return rows;
    },

    groups: async (query) => {
      const { by, from, to, step } = query;
      const places = new Map<string, Place>();
      const pause = pauses();
      for (let time = from; time < to; time += stepMs[step]) {
        for (const page of countPages(query, time)) {
          for (const row of page) {
            const isKnown = places.size < usageGroupsMax || places.has(keyOf(placeOf(row)));
            addCounts(places, isKnown ? placeOf(row) : otherOf(row, by), row);
          }
          await pause();
        }
      }
      return [...places.values()].map((place) => rowOf(query, from, place));
    },
  };
};

const pauses = (): (() => Promise<void>) => {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < sliceMs) return;
    await endOfTurn();
    began = performance.now();
  };
};

const placeOf = ([provider, key, team, model, endpoint, outcome]: readonly [
  ...Names,
  ...unknown[],
]): Names => [provider, key, team, model, endpoint, outcome];

/** Where those stand that are beyond what is told apart. */
const otherOf = (row: Row, by: UsageQuery["by"]): Names => {
  const [provider, key, team, model, endpoint] = usageNames.map((name) =>
    by.includes(name) ? otherName : "",
  );
  return [provider ?? "", key ?? "", team ?? "", model ?? "", endpoint ?? "", row[5]];
};

const keyOf = (names: Names): string => JSON.stringify(names);

const inOrder = (places: ReadonlyMap<string, Place>): readonly Place[] =>
  [...places].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, place]) => place);

const addCounts = (places: Map<string, Place>, names: Names, row: Row): void => {
  const key = keyOf(names);
  const counts = countsOf(row);
  const known = places.get(key);
  if (known === undefined) {
    places.set(key, { names, counts, latencies: undefined });
    return;
  }
  for (const name of usageCountNames) known.counts[name] += counts[name];
};

const addLatency = (places: ReadonlyMap<string, Place>, row: LatencyRow): void => {
  const [, , , , , , calls, kind] = row;
  const place = places.get(keyOf(placeOf(row)));
  if (place === undefined) return;
  place.latencies ??= new Map();
  place.latencies.set(kind, (place.latencies.get(kind) ?? 0) + calls);
};

const countsOf = ([, , , , , , requests, reservedTokens, spentTokens, ...more]: Row): Sum => {
  const [inputTokens, outputTokens, cacheTokens, timed, latencyMs, failed] = more;
  return {
    requests,
    reservedTokens,
    spentTokens,
    inputTokens,
    outputTokens,
    cacheTokens,
    timed,
    latencyMs,
    failed,
  };
};

const none: readonly LatencyCount[] = [];

const rowOf = ({ account }: UsageQuery, time: number, { names, counts, latencies }: Place): UsageRow => {
  const [provider, key, team, model, endpoint, outcome] = names;
  return {
    account,
    time,
    provider,
    key,
    team,
    model,
    endpoint,
    outcome,
    counts,
    latencies: latencies === undefined ? none : [...latencies].sort(([one], [other]) => one - other),
  };
};
