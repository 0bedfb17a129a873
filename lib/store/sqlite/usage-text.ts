import type { LastUse } from "../port/records.ts";
import { type LatencyCount, type UsageCounts, type UsageRow, usageCountNames } from "../port/usage.ts";

/**
 * Usage is logged each second and added up each minute: a key that is in use has a row in each second's batch, and adding
 * each of them to a minute, an hour and a day at once would take a busy server's disk and a part of its processor. The log
 * is in parts by key, so that adding up one part is a short transaction and sums over all seconds that it holds.
 */
const parts = 256;

/** FNV-1a, folded: any spread will do, the same in every process. */
export const partOf = (key: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 16) % parts;
};

/** Rows of one part as they stand in the log: by place instead of name, which halves what each second writes. */
export interface UsageText {
  readonly part: number;
  readonly text: string;
}

type RowText = readonly [
  ...names: readonly [
    account: UsageRow["account"],
    provider: string,
    key: string,
    team: string,
    model: string,
    endpoint: string,
    outcome: string,
  ],
  time: number,
  counts: readonly number[],
  latencies: readonly LatencyCount[],
];
type UseText = readonly [
  account: LastUse["account"],
  service: LastUse["service"],
  id: string,
  generation: number,
  at: string,
  ip: string,
];
type BatchText = readonly [rows: RowText[], uses: UseText[]];

const rowText = (row: UsageRow): RowText => {
  const { account, provider, key, team, model, endpoint, outcome, time, counts, latencies } = row;
  const numbers = usageCountNames.map((name) => counts[name]);
  return [account, provider, key, team, model, endpoint, outcome, time, numbers, latencies];
};

const useText = ({ account, service, id, generation, at, ip }: LastUse): UseText => [
  account,
  service,
  id,
  generation,
  at,
  ip,
];

const countsOf = (numbers: readonly number[]): UsageCounts => {
  const entries = usageCountNames.map((name, place) => [name, numbers[place] ?? 0]);
  return Object.fromEntries(entries);
};

export const usageTexts = (rows: readonly UsageRow[], uses: readonly LastUse[]): readonly UsageText[] => {
  const batches = new Map<number, BatchText>();
  const batchOf = (key: string): BatchText => {
    const part = partOf(key);
    const known = batches.get(part) ?? [[], []];
    batches.set(part, known);
    return known;
  };
  for (const row of rows) batchOf(row.key)[0].push(rowText(row));
  for (const use of uses) batchOf(use.id)[1].push(useText(use));
  return [...batches].map(([part, batch]) => ({ part, text: JSON.stringify(batch) }));
};

export const readUsageText = (
  text: string,
): { readonly rows: readonly UsageRow[]; readonly uses: readonly LastUse[] } => {
  const [rows, uses]: BatchText = JSON.parse(text);
  return {
    rows: rows.map(
      ([account, provider, key, team, model, endpoint, outcome, time, numbers, latencies]): UsageRow => ({
        account,
        provider,
        key,
        team,
        model,
        endpoint,
        outcome,
        time,
        counts: countsOf(numbers),
        latencies,
      }),
    ),
    uses: uses.map(
      ([account, service, id, generation, at, ip]): LastUse => ({
        account,
        service,
        id,
        generation,
        at,
        ip,
      }),
    ),
  };
};
