import type { ServiceName } from "../schemas/key.ts";
import type { LastUse, Store, UsageCounts, UsageRow } from "../store/port.ts";

/** What is counted apart. */
export type UsageOf = Omit<UsageRow, "time" | "counts">;

/** Which secret of a key was presented, from where. */
export interface UsedSecret {
  readonly service: ServiceName;
  readonly generation: number;
  readonly ip: string;
}

export interface UsageCollector {
  /** `secret` is told of a key that was good for its call. */
  verified(of: UsageOf, requests: number, now: number, secret?: UsedSecret): void;
  settled(of: UsageOf, counts: Partial<UsageCounts>, now: number): void;
  /** Writes what was gathered. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

type Counts = { -readonly [Name in keyof UsageCounts]: UsageCounts[Name] };

const noCounts = (): Counts => ({
  requests: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheTokens: 0,
  timed: 0,
  latencyMs: 0,
  failed: 0,
});

/** A crash of the server loses no more than this of the counts. */
const flushMs = 1000;
/** Callers name models and endpoints: beyond so many rows between two flushes, new names are counted together. */
const rowsMax = 20_000;
export const otherName = "[other]";

const minuteMs = 60_000;

export interface UsageOptions {
  /** So many calls are written at once; where no timer runs between calls, this is what a crash may lose. */
  readonly callsMax: number;
  readonly onError: (error: unknown) => void;
}

interface Row {
  readonly usage: Omit<UsageRow, "counts"> & { readonly counts: Counts };
  secret: UsedSecret | undefined;
  usedAt: number;
}

/** Gathers in memory, writes in batches: counting must not slow down what it counts. */
export const openUsage = (store: Store, { callsMax, onError }: UsageOptions): UsageCollector => {
  let rows = new Map<string, Row>();
  let calls = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const rowFor = (of: UsageOf, generation: number, now: number): Row => {
    const time = now - (now % minuteMs);
    const name = `${time}\n${of.account}\n${of.provider}\n${of.key}\n${generation}\n${of.outcome}\n${of.model}\n${of.endpoint}`;
    const known = rows.get(name);
    if (known !== undefined) return known;
    if (rows.size >= rowsMax && of.model !== otherName) {
      return rowFor({ ...of, model: otherName, endpoint: otherName }, generation, now);
    }
    const row: Row = { usage: { ...of, time, counts: noCounts() }, secret: undefined, usedAt: 0 };
    rows.set(name, row);
    return row;
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    calls = 0;
    if (rows.size === 0) return writing;
    const batch = [...rows.values()];
    rows = new Map();
    const counts = batch.map(({ usage }) => usage);
    writing = writing.then(() => store.addUsage(counts, batch.flatMap(lastUseOf))).catch(onError);
    return writing;
  };

  const noted = (): void => {
    calls += 1;
    if (calls >= callsMax) void flush();
    else timer ??= setTimeout(() => void flush(), flushMs).unref();
  };

  return {
    verified: (of, requests, now, secret) => {
      const row = rowFor(of, secret?.generation ?? 0, now);
      row.usage.counts.requests += requests;
      row.secret = secret;
      row.usedAt = now;
      noted();
    },
    settled: (of, added, now) => {
      const { counts } = rowFor(of, 0, now).usage;
      for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += added[name] ?? 0;
      noted();
    },
    flush,
    close: () => flush(),
  };
};

const lastUseOf = ({ usage, secret, usedAt }: Row): readonly LastUse[] => {
  if (secret === undefined) return [];
  const { account, key } = usage;
  return [{ account, id: key, ...secret, at: new Date(usedAt).toISOString() }];
};
