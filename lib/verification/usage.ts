import type { PresentedKey } from "../store/port/presented.ts";
import type { LastUse } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { UsageCounts, UsageRow } from "../store/port/usage.ts";
import { latencyKind } from "../usage/latency.ts";
import { type Counted, type Row, type UsageOf, type UsedSecret, usageRows } from "./usage-rows.ts";

/** What a settlement adds to the counts of the minute in which its call was let in. */
export type Settled = Pick<
  UsageCounts,
  "spentTokens" | "inputTokens" | "outputTokens" | "cacheTokens" | "failed"
>;

export interface UsageCollector {
  /** `tokens` are what was reserved; `used` is a key that was good for its call, which came from `ip`. */
  verified(
    counted: Counted,
    requests: number,
    tokens: number,
    now: number,
    used?: PresentedKey,
    ip?: string,
  ): void;
  settled(of: UsageOf, counts: Settled, latencyMs: number | undefined, now: number): void;
  /** Writes what was gathered. */
  flush(): Promise<void>;
  /** The end of the writing that is under way, if there is one. */
  written(): Promise<void>;
  /** Writes it for the last time. */
  close(): Promise<void>;
}

/** A crash of the server loses no more than this of the counts. */
const flushMs = 1000;
/** One commit; between two, calls that wait for a limit have their turn. */
const rowsAtOnce = 250;

export interface UsageOptions {
  /** So many calls are written at once; where no timer runs between calls, this is what a crash may lose. */
  readonly callsMax: number;
  readonly onError: (error: unknown) => void;
  /** Calls that are written at once, with all that waits. */
  readonly isUrgent?: (of: UsageOf, time: number) => boolean;
  /** Told of the refusals that were written. */
  readonly onRefusals?: (rows: readonly UsageRow[]) => Promise<void>;
}

/** Gathers in memory, writes in batches: counting must not slow down what it counts. */
export const openUsage = (
  store: Store,
  { callsMax, onError, isUrgent, onRefusals }: UsageOptions,
): UsageCollector => {
  const rows = usageRows();
  let calls = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let isOpen = true;

  /** What is sent is held by nobody while it is written: it would outlive the young generation. */
  const send = (part: readonly Readonly<Row>[]) => {
    const sent = part.map(usageOf);
    return {
      written: store.addUsage(sent, part.flatMap(lastUseOf)),
      refused: sent.filter(({ outcome }) => outcome !== "VALID"),
    };
  };

  /** Each part is taken when it is written: what waits for a commit goes on being counted on where it is. */
  const write = async (): Promise<void> => {
    rows.forgetIdle();
    for (let left = rows.waiting(); left > 0; left -= rowsAtOnce) {
      const part = rows.take(Math.min(left, rowsAtOnce));
      const { written, refused } = send(part);
      try {
        await written;
      } catch (error) {
        onError(error);
        // A commit that failed wrote nothing of its part.
        rows.giveBack(part);
        if (isOpen) schedule();
        return;
      }
      if (refused.length > 0) await onRefusals?.(refused).catch(onError);
    }
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    calls = 0;
    writing = writing.then(write);
    return writing;
  };

  const schedule = (): void => {
    timer ??= setTimeout(() => void flush(), flushMs).unref();
  };

  const noted = (isLast = false): void => {
    calls += 1;
    if (isLast || calls >= callsMax) void flush();
    else schedule();
  };

  return {
    verified: (counted, requests, tokens, now, used, ip = "") => {
      const row = rows.rowFor(counted, now, used?.secret.generation);
      const tally = row.now;
      tally.counts.requests += requests;
      tally.counts.reservedTokens += tokens;
      tally.counts.spentTokens += tokens;
      if (used !== undefined) {
        row.secret ??= secretOf(used);
        // What is the same stays: a text of each call, held until the next one, would outlive the young generation.
        if (tally.ip !== ip) tally.ip = ip;
        tally.usedAt = now - row.time;
      }
      noted(isUrgent?.(counted.of, now));
    },
    settled: (of, added, latencyMs, now) => {
      const tally = rows.rowFor({ of, row: undefined }, now, undefined).now;
      const { counts } = tally;
      counts.spentTokens += added.spentTokens;
      counts.inputTokens += added.inputTokens;
      counts.outputTokens += added.outputTokens;
      counts.cacheTokens += added.cacheTokens;
      counts.failed += added.failed;
      if (latencyMs !== undefined) {
        counts.timed += 1;
        counts.latencyMs += latencyMs;
        const kind = latencyKind(latencyMs);
        tally.latencies ??= new Map();
        tally.latencies.set(kind, (tally.latencies.get(kind) ?? 0) + 1);
      }
      noted();
    },
    flush,
    written: () => writing,
    close: () => {
      isOpen = false;
      return flush();
    },
  };
};

/** For a new row alone: made of each call, V8 would give them all to the old generation because the first stay. */
const secretOf = ({ record, secret }: PresentedKey): UsedSecret => ({
  service: record.service,
  generation: secret.generation,
});

const usageOf = ({ of, time, taken: { counts, latencies } }: Readonly<Row>): UsageRow => ({
  ...of,
  time,
  counts,
  latencies: latencies === undefined ? [] : [...latencies],
});

const lastUseOf = ({ of: { account, key }, time, secret, taken }: Readonly<Row>): readonly LastUse[] => {
  const { ip, usedAt } = taken;
  return secret === undefined || usedAt === undefined
    ? []
    : [{ account, id: key, ...secret, ip, at: new Date(time + usedAt).toISOString() }];
};
