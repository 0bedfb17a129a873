import type { AccountId, ServiceName } from "../schemas/key.ts";
import { otherName, type UsageCounts, type UsageRow, usageCountNames } from "../store/port.ts";

/** What is counted apart. */
export type UsageOf = Omit<UsageRow, "time" | "counts" | "latencies">;

/** Which secret of a key was presented, from where. */
export interface UsedSecret {
  readonly service: ServiceName;
  readonly generation: number;
  readonly ip: string;
}

type Counts = { -readonly [Name in keyof UsageCounts]: UsageCounts[Name] };

const noCounts = (): Counts => ({
  requests: 0,
  reservedTokens: 0,
  spentTokens: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheTokens: 0,
  timed: 0,
  latencyMs: 0,
  failed: 0,
});

/**
 * Callers name models and endpoints, and each name is a row: beyond so many between two flushes, of one key and of all,
 * new ones are counted together.
 */
const rowsOfKeyMax = 100;
const rowsMax = 20_000;
const minuteMs = 60_000;

/** A row outlives its writings as long as it is counted on: thousands made anew each second would fill the memory. */
interface Row {
  readonly of: UsageOf;
  readonly time: number;
  counts: Counts;
  latencies: Map<number, number> | undefined;
  secret: UsedSecret | undefined;
  /** Of the last use. */
  ip: string;
  /** Zero where no secret was good since the last writing. */
  usedAt: number;
  isWaiting: boolean;
}

/** What was counted on a row since the last time. */
export interface Taken extends Readonly<Omit<Row, "isWaiting">> {
  readonly row: Row;
}

export interface UsageRows {
  /** The row to count on, which then waits to be written. */
  rowFor(of: UsageOf, now: number, secret: UsedSecret | undefined): Row;
  waiting(): number;
  take(most: number): readonly Taken[];
  /** What could not be written is counted once more. */
  giveBack(taken: readonly Taken[]): void;
  /** Rows that were written and not counted on since go. */
  forgetIdle(): void;
}

export const usageRows = (): UsageRows => {
  /** By account and key: two look-ups of texts that are there cost less than making one text of all names. */
  const rows = new Map<AccountId, Map<string, Row[]>>();
  let queue: Row[] = [];
  let written: Row[] = [];

  const wait = (row: Row): Row => {
    if (!row.isWaiting) {
      row.isWaiting = true;
      queue.push(row);
    }
    return row;
  };

  const rowFor: UsageRows["rowFor"] = (of, now, secret) => {
    const time = now - (now % minuteMs);
    const keys = existing(rows, of.account, () => new Map<string, Row[]>());
    const known = existing(keys, of.key, (): Row[] => []);
    for (const row of known) if (fits(row, of, time, secret)) return wait(row);
    const isFull =
      queue.length >= rowsMax || known.filter(({ isWaiting }) => isWaiting).length >= rowsOfKeyMax;
    // A caller may name the model like that, too.
    if (isFull && (of.model !== otherName || of.endpoint !== otherName)) {
      return rowFor({ ...of, model: otherName, endpoint: otherName }, now, secret);
    }
    const row: Row = {
      of: { ...of },
      time,
      counts: noCounts(),
      latencies: undefined,
      secret: undefined,
      ip: "",
      usedAt: 0,
      isWaiting: false,
    };
    known.push(row);
    return wait(row);
  };

  const forget = (row: Row): void => {
    const { account, key } = row.of;
    const keys = rows.get(account);
    const left = keys?.get(key)?.filter((one) => one !== row) ?? [];
    if (left.length > 0) keys?.set(key, left);
    else keys?.delete(key);
    if (keys?.size === 0) rows.delete(account);
  };

  return {
    rowFor,
    waiting: () => queue.length,
    take: (most) => {
      const part = queue.slice(0, most);
      queue = queue.slice(most);
      written.push(...part);
      return part.map((row) => {
        const { of, time, counts, latencies, secret, ip, usedAt } = row;
        row.counts = noCounts();
        row.latencies = undefined;
        row.usedAt = 0;
        row.isWaiting = false;
        return { row, of, time, counts, latencies, secret, ip, usedAt };
      });
    },
    giveBack: (taken) => {
      for (const { row, counts, latencies = [], secret, ip, usedAt } of taken) {
        for (const name of usageCountNames) row.counts[name] += counts[name];
        for (const [kind, calls] of latencies) {
          row.latencies ??= new Map();
          row.latencies.set(kind, (row.latencies.get(kind) ?? 0) + calls);
        }
        row.secret ??= secret;
        if (usedAt > row.usedAt) [row.ip, row.usedAt] = [ip, usedAt];
        wait(row);
      }
    },
    forgetIdle: () => {
      const before = written;
      written = [];
      for (const row of before) if (!row.isWaiting) forget(row);
    },
  };
};

/** Last uses are told by generation; who has no secret to tell of shares the row of whichever there is. */
const fits = (row: Row, of: UsageOf, time: number, secret: UsedSecret | undefined): boolean =>
  row.time === time &&
  row.of.outcome === of.outcome &&
  row.of.model === of.model &&
  row.of.endpoint === of.endpoint &&
  row.of.team === of.team &&
  row.of.provider === of.provider &&
  (secret === undefined || row.secret === undefined || row.secret.generation === secret.generation);

const existing = <Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
};
