import * as z from "zod";
import type { AccountId } from "../schemas/key.ts";
import type { Store } from "../store/port/store.ts";
import { type ChainName, readingsOf } from "./chain-name.ts";
import type { ChainedEntry } from "./entry.ts";

/** Where a page ended, in the account's changes and in its readings: entries below these were not shown. */
export type TrailPlace = readonly [changes: number, readings: number];
export const trailPlace = z.tuple([z.int().positive(), z.int().positive()]);

export interface TrailItem extends Omit<ChainedEntry, "text"> {
  readonly chain: ChainName;
  readonly entry: z.core.util.JSONType;
}

const draft = z.json();
const timed = z.object({ time: z.string() });

interface Read {
  readonly items: readonly TrailItem[];
  readonly times: readonly string[];
}

/** Each chain is as long as its first entry is old: nothing comes before it. */
const first = 1;

/**
 * Both chains of an account as one list, newest first. Each stays in its own order, whatever the clocks said that wrote it;
 * which of the two goes on is told by the times of their next entries alone, so that a page begins where the one before
 * ended, whatever was added since.
 */
export const readTrail = async (
  store: Store,
  account: AccountId,
  after: TrailPlace | null,
  limit: number,
): Promise<{ readonly items: readonly TrailItem[]; readonly next: TrailPlace | null }> => {
  const read = async (chain: ChainName, before: number | null): Promise<Read> => {
    const entries = await store.readAuditBackwards(chain, before, limit);
    const items = entries.map(({ text, ...rest }) => ({
      ...rest,
      chain,
      entry: draft.parse(JSON.parse(text)),
    }));
    return { items, times: items.map(({ entry }) => timed.safeParse(entry).data?.time ?? "") };
  };
  const [changes, readings] = await Promise.all([
    read(account, after?.[0] ?? null),
    read(readingsOf(account), after?.[1] ?? null),
  ]);

  const items: TrailItem[] = [];
  let [ofChanges, ofReadings] = [0, 0];
  while (items.length < limit) {
    const [change, reading] = [changes.items[ofChanges], readings.items[ofReadings]];
    const isReadingNext =
      change === undefined || (changes.times[ofChanges] ?? "") < (readings.times[ofReadings] ?? "");
    const next = isReadingNext ? reading : change;
    if (next === undefined) break;
    items.push(next);
    if (isReadingNext) ofReadings += 1;
    else ofChanges += 1;
  }
  const next = [placeAfter(changes, ofChanges, limit), placeAfter(readings, ofReadings, limit)] as const;
  return { items, next: next.every((place) => place === first) ? null : next };
};

const placeAfter = ({ items }: Read, shown: number, limit: number): number => {
  const waiting = items[shown];
  if (waiting !== undefined) return waiting.seq + 1;
  return items.length < limit ? first : (items.at(-1)?.seq ?? first);
};
