import type { AccountId, ServiceName } from "../schemas/key.ts";
import type { LastUse, Store, UsageCounts, UsageRow } from "../store/port.ts";
import { latencyKind } from "../usage/latency.ts";

/** What is counted apart. */
export type UsageOf = Omit<UsageRow, "time" | "counts" | "latencies">;

/** Which secret of a key was presented, from where. */
export interface UsedSecret {
  readonly service: ServiceName;
  readonly generation: number;
  readonly ip: string;
}

/** What a settlement adds to the counts of the minute in which its call was let in. */
export type Settled = Pick<
  UsageCounts,
  "spentTokens" | "inputTokens" | "outputTokens" | "cacheTokens" | "failed"
>;

export interface UsageCollector {
  /** `tokens` are what was reserved; `secret` is told of a key that was good for its call. */
  verified(of: UsageOf, requests: number, tokens: number, now: number, secret?: UsedSecret): void;
  settled(of: UsageOf, counts: Settled, latencyMs: number | undefined, now: number): void;
  /** Writes what was gathered. */
  flush(): Promise<void>;
  /** Writes it for the last time. */
  close(): Promise<void>;
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

/** A crash of the server loses no more than this of the counts. */
const flushMs = 1000;
/**
 * Callers name models and endpoints, and each name is a row: beyond so many between two flushes, of one key and of all,
 * new ones are counted together.
 */
const rowsOfKeyMax = 100;
const rowsMax = 20_000;
export const otherName = "[other]";
/** One commit; between two, calls that wait for a limit have their turn. */
const rowsAtOnce = 250;

const minuteMs = 60_000;

export interface UsageOptions {
  /** So many calls are written at once; where no timer runs between calls, this is what a crash may lose. */
  readonly callsMax: number;
  readonly onError: (error: unknown) => void;
}

/** What one flush writes of a row. */
interface Gathered {
  readonly of: UsageOf;
  readonly time: number;
  readonly counts: Counts;
  readonly latencies: Map<number, number> | undefined;
  readonly secret: UsedSecret | undefined;
  /** Zero where no secret was good since the last flush. */
  readonly usedAt: number;
}

/** A row outlives its flushes as long as it is counted on: thousands of them made anew each second fill the memory. */
interface Row {
  readonly of: UsageOf;
  readonly time: number;
  counts: Counts;
  latencies: Map<number, number> | undefined;
  secret: UsedSecret | undefined;
  usedAt: number;
  /** Whether there is something to write. */
  isTouched: boolean;
}

/** Last uses are told by generation; who has no secret to tell of shares the row of whichever there is. */
const fits = (row: Row, of: UsageOf, time: number, secret: UsedSecret | undefined): boolean =>
  row.time === time &&
  row.of.outcome === of.outcome &&
  row.of.model === of.model &&
  row.of.endpoint === of.endpoint &&
  row.of.team === of.team &&
  row.of.provider === of.provider &&
  (secret === undefined || row.secret === undefined || row.secret.generation === secret.generation);

/** Gathers in memory, writes in batches: counting must not slow down what it counts. */
export const openUsage = (store: Store, { callsMax, onError }: UsageOptions): UsageCollector => {
  /** By account and key: two look-ups of texts that are there cost less than making one text of all names. */
  const rows = new Map<AccountId, Map<string, Row[]>>();
  /** Rows to write. */
  let touched = 0;
  let calls = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  /** What could not be written goes first the next time. */
  let unwritten: readonly Gathered[] = [];
  let isOpen = true;

  const touch = (row: Row): Row => {
    if (!row.isTouched) {
      row.isTouched = true;
      touched += 1;
    }
    return row;
  };

  const rowFor = (of: UsageOf, now: number, secret: UsedSecret | undefined): Row => {
    const time = now - (now % minuteMs);
    const keys = existing(rows, of.account, () => new Map<string, Row[]>());
    const known = existing(keys, of.key, (): Row[] => []);
    for (const row of known) if (fits(row, of, time, secret)) return touch(row);
    const isFull = touched >= rowsMax || known.filter(({ isTouched }) => isTouched).length >= rowsOfKeyMax;
    if (isFull && of.model !== otherName) {
      return rowFor({ ...of, model: otherName, endpoint: otherName }, now, secret);
    }
    const row: Row = {
      of: { ...of },
      time,
      counts: noCounts(),
      latencies: undefined,
      secret: undefined,
      usedAt: 0,
      isTouched: false,
    };
    known.push(row);
    return touch(row);
  };

  /** What there is to write; rows that nothing was counted on since the last time go. */
  const take = (): readonly Gathered[] => {
    const batch: Gathered[] = [];
    for (const [account, keys] of rows) {
      for (const [key, known] of keys) {
        const kept = known.filter(({ isTouched }) => isTouched);
        for (const row of kept) {
          const { of, time, counts, latencies, secret, usedAt } = row;
          batch.push({ of, time, counts, latencies, secret, usedAt });
          row.counts = noCounts();
          row.latencies = undefined;
          row.usedAt = 0;
          row.isTouched = false;
        }
        if (kept.length === 0) keys.delete(key);
        else if (kept.length < known.length) keys.set(key, kept);
      }
      if (keys.size === 0) rows.delete(account);
    }
    touched = 0;
    return batch;
  };

  const write = async (batch: readonly Gathered[]): Promise<void> => {
    const all = [...unwritten, ...batch];
    unwritten = [];
    for (let start = 0; start < all.length; start += rowsAtOnce) {
      const part = all.slice(start, start + rowsAtOnce);
      try {
        await store.addUsage(part.map(usageOf), part.flatMap(lastUseOf));
      } catch (error) {
        onError(error);
        // A commit that failed wrote nothing of its part.
        unwritten = all.slice(start, start + rowsMax);
        if (isOpen) schedule();
        return;
      }
    }
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    calls = 0;
    if (touched === 0 && unwritten.length === 0) return writing;
    const batch = take();
    writing = writing.then(() => write(batch));
    return writing;
  };

  const schedule = (): void => {
    timer ??= setTimeout(() => void flush(), flushMs).unref();
  };

  const noted = (): void => {
    calls += 1;
    if (calls >= callsMax) void flush();
    else schedule();
  };

  return {
    verified: (of, requests, tokens, now, secret) => {
      const row = rowFor(of, now, secret);
      row.counts.requests += requests;
      row.counts.reservedTokens += tokens;
      row.counts.spentTokens += tokens;
      if (secret !== undefined) {
        row.secret = secret;
        row.usedAt = now;
      }
      noted();
    },
    settled: (of, added, latencyMs, now) => {
      const row = rowFor(of, now, undefined);
      const { counts } = row;
      counts.spentTokens += added.spentTokens;
      counts.inputTokens += added.inputTokens;
      counts.outputTokens += added.outputTokens;
      counts.cacheTokens += added.cacheTokens;
      counts.failed += added.failed;
      if (latencyMs !== undefined) {
        counts.timed += 1;
        counts.latencyMs += latencyMs;
        const kind = latencyKind(latencyMs);
        row.latencies ??= new Map();
        row.latencies.set(kind, (row.latencies.get(kind) ?? 0) + 1);
      }
      noted();
    },
    flush,
    close: () => {
      isOpen = false;
      return flush();
    },
  };
};

const usageOf = ({ of, time, counts, latencies }: Gathered): UsageRow => ({
  ...of,
  time,
  counts,
  latencies: latencies === undefined ? [] : [...latencies],
});

const lastUseOf = ({ of: { account, key }, secret, usedAt }: Gathered): readonly LastUse[] =>
  secret === undefined || usedAt === 0
    ? []
    : [{ account, id: key, ...secret, at: new Date(usedAt).toISOString() }];

const existing = <Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
};
