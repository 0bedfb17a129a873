import { minuteStart } from "../keys/window.ts";
import type { AccountId, ServiceName } from "../schemas/key.ts";
import { otherName, type UsageCounts, type UsageRow, usageCountNames } from "../store/port/usage.ts";

/** What is counted apart. */
export type UsageOf = Omit<UsageRow, "time" | "counts" | "latencies">;

/** Whoever counts the same again and again finds its row without looking for it. */
export interface Counted {
  readonly of: UsageOf;
  /** The one that was counted on last. */
  row: Row | undefined;
}

/** Which secret of a key was presented. */
export interface UsedSecret {
  readonly service: ServiceName;
  readonly generation: number;
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

const noTally = (): Tally => ({ counts: noCounts(), latencies: undefined, ip: "", usedAt: undefined });

const clear = (tally: Tally): void => {
  for (const name of usageCountNames) tally.counts[name] = 0;
  tally.latencies = undefined;
  tally.usedAt = undefined;
};

const add = (to: Tally, { counts, latencies, ip, usedAt }: Readonly<Tally>): void => {
  for (const name of usageCountNames) to.counts[name] += counts[name];
  for (const [kind, calls] of latencies ?? []) {
    to.latencies ??= new Map();
    to.latencies.set(kind, (to.latencies.get(kind) ?? 0) + calls);
  }
  if (usedAt !== undefined && usedAt > (to.usedAt ?? -1)) [to.ip, to.usedAt] = [ip, usedAt];
};

/**
 * Callers name models and endpoints, and each name is a row: beyond so many between two flushes, of one key and of all,
 * new ones are counted together.
 */
const rowsOfKeyMax = 100;
const rowsMax = 20_000;

/** What was counted since a time. */
interface Tally {
  readonly counts: Counts;
  latencies: Map<number, number> | undefined;
  /** Of the last use. */
  ip: string;
  /** Of it, too, in milliseconds of the row's minute: a time of day would be a new object for each call. */
  usedAt: number | undefined;
}

/**
 * A row outlives its writings as long as it is counted on, and its two tallies take turns: thousands of objects made
 * anew each second would each live just long enough to fill the old generation.
 */
export interface Row {
  readonly of: UsageOf;
  readonly time: number;
  secret: UsedSecret | undefined;
  /** Since the last writing. */
  now: Tally;
  /** What is being written. */
  taken: Tally;
  isWaiting: boolean;
  /** False once it is forgotten: counting on it then would make a second row of the same names. */
  isKept: boolean;
}

export interface UsageRows {
  /** The row to count on, which then waits to be written. */
  rowFor(counted: Counted, now: number, generation: number | undefined): Row;
  waiting(): number;
  /** Rows whose `taken` is to be written before more is taken. */
  take(most: number): readonly Readonly<Row>[];
  /** What could not be written is counted once more. */
  giveBack(rows: readonly Readonly<Row>[]): void;
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

  const find = (of: UsageOf, time: number, generation: number | undefined): Row => {
    const keys = existing(rows, of.account, () => new Map<string, Row[]>());
    const before = keys.get(of.key);
    const known: readonly Row[] = before ?? [];
    for (const row of known) if (fits(row, of, time, generation)) return row;
    const isFull =
      queue.length >= rowsMax || known.filter(({ isWaiting }) => isWaiting).length >= rowsOfKeyMax;
    // A caller may name the model like that, too.
    if (isFull && (of.model !== otherName || of.endpoint !== otherName)) {
      return find({ ...of, model: otherName, endpoint: otherName }, time, generation);
    }
    const row: Row = {
      of: { ...of },
      time,
      secret: undefined,
      now: noTally(),
      taken: noTally(),
      isWaiting: false,
      isKept: true,
    };
    // Not pushed to one that is empty, which V8 would give room for seventeen.
    if (before === undefined) keys.set(of.key, [row]);
    else before.push(row);
    return row;
  };

  const forget = (row: Row): void => {
    row.isKept = false;
    const { account, key } = row.of;
    const keys = rows.get(account);
    const left = keys?.get(key)?.filter((one) => one !== row) ?? [];
    if (left.length > 0) keys?.set(key, left);
    else keys?.delete(key);
    if (keys?.size === 0) rows.delete(account);
  };

  return {
    rowFor: (counted, now, generation) => {
      const time = minuteStart(now);
      const last = counted.row;
      if (last?.isKept === true && last.time === time && sharesSecret(last, generation)) return wait(last);
      const { of } = counted;
      const row = find(of, time, generation);
      if (row.of.model === of.model && row.of.endpoint === of.endpoint) counted.row = row;
      return wait(row);
    },
    waiting: () => queue.length,
    take: (most) => {
      const part = queue.slice(0, most);
      queue = queue.slice(most);
      written.push(...part);
      for (const row of part) {
        [row.now, row.taken] = [row.taken, row.now];
        clear(row.now);
        row.isWaiting = false;
      }
      return part;
    },
    giveBack: (part) => {
      for (const row of part) {
        add(row.now, row.taken);
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
const sharesSecret = ({ secret }: Row, generation: number | undefined): boolean =>
  generation === undefined || secret === undefined || secret.generation === generation;

const fits = (row: Row, of: UsageOf, time: number, generation: number | undefined): boolean =>
  row.time === time &&
  row.of.outcome === of.outcome &&
  row.of.model === of.model &&
  row.of.endpoint === of.endpoint &&
  row.of.team === of.team &&
  row.of.provider === of.provider &&
  sharesSecret(row, generation);

const existing = <Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value => {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
};
