import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type ChainName, readingsOf } from "../../audit/chain-name.ts";
import type { ChainHead } from "../../audit/entry.ts";
import { Unavailable } from "../../errors.ts";
import type { Store } from "../port/store.ts";
import type { Unit } from "../port/unit.ts";
import { unavailable } from "./failure.ts";
import { auditEntryPlace } from "./places.ts";
import { pauseMs, type Table } from "./table.ts";
import { openWork, type Work } from "./work.ts";
import { placesOf, writeUnit } from "./write-unit.ts";

interface Waiting {
  readonly unit: Unit;
  readonly chain: ChainName;
  readonly resolve: (head: ChainHead) => void;
  readonly reject: (error: unknown) => void;
}

/** DynamoDB takes no more in one transaction. */
const changesMax = 100;
const unitsMax = 20;
/** Of races that were lost to other processes, one after the other. */
const triesMax = 12;

/**
 * One transaction at a time for each chain, because all of them move its head: units that come while one is under way
 * share the next. Each is decided on what the units before it leave, and a refused one leaves nothing.
 */
export const openCommit = (
  table: Table,
): Pick<Store, "commit" | "recordReading"> & { idle(): Promise<void> } => {
  const queues = new Map<string, Waiting[]>();
  const running = new Set<Promise<void>>();

  const drain = async (chain: ChainName, queue: Waiting[]): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, unitsMax);
      const rest = await writeTogether(table, batch);
      queue.unshift(...rest);
    }
    queues.delete(chain);
  };

  const write = (unit: Unit, chain: ChainName): Promise<ChainHead> =>
    new Promise((resolve, reject) => {
      const waiting = { unit, chain, resolve, reject };
      const queue = queues.get(chain);
      if (queue !== undefined) {
        queue.push(waiting);
        return;
      }
      const started = [waiting];
      queues.set(chain, started);
      const run = drain(chain, started).finally(() => running.delete(run));
      running.add(run);
    });

  return {
    commit: (unit) => write(unit, unit.account),
    recordReading: (account, audit) => write({ account, writes: [], audit, events: [] }, readingsOf(account)),
    idle: async () => {
      await Promise.all(running);
    },
  };
};

/** Answers those that did not fit in; all others have their answer. */
const writeTogether = async (table: Table, batch: readonly Waiting[]): Promise<readonly Waiting[]> => {
  for (let tries = 0; ; tries++) {
    const work = openWork(table);
    let decided: Decisions = { taken: [], refused: [], rest: [] };
    try {
      await work.load(batch.flatMap(({ unit, chain }) => placesOf(unit, chain)));
      decided = await decide(work, batch, table.name);
      if (decided.taken.length === 0) return answer(decided);
      const written = await table.transact(work.changes(table.name), randomUUID());
      if (written.type === "written") return answer(decided);
      if (tries === triesMax) throw unavailable("nothing");
    } catch (error) {
      if (await isWritten(table, decided)) return answer(decided);
      if (batch.length > 1 && !(error instanceof Unavailable)) return writeApart(table, batch);
      for (const { reject } of batch) reject(error);
      return [];
    }
    await sleep(pauseMs(tries));
  }
};

/** What the table refuses for good may be one unit's fault, a row that is too large for one, or that of all their sizes. */
const writeApart = async (table: Table, batch: readonly Waiting[]): Promise<readonly Waiting[]> => {
  for (const waiting of batch) await writeTogether(table, [waiting]);
  return [];
};

interface Decisions {
  readonly taken: readonly (Waiting & { readonly head: ChainHead })[];
  /** Told only when those before them stand: what they were refused for may be what these would have written. */
  readonly refused: readonly (Waiting & { readonly error: unknown })[];
  readonly rest: readonly Waiting[];
}

const answer = ({ taken, refused, rest }: Decisions): readonly Waiting[] => {
  for (const { head, resolve } of taken) resolve(head);
  for (const { error, reject } of refused) reject(error);
  return rest;
};

const decide = async (work: Work, batch: readonly Waiting[], table: string): Promise<Decisions> => {
  const taken: Decisions["taken"][number][] = [];
  const refused: Decisions["refused"][number][] = [];
  for (const [place, waiting] of batch.entries()) {
    const saved = work.save();
    try {
      const head = await writeUnit(work, waiting.unit, waiting.chain);
      if (taken.length > 0 && work.changes(table).length > changesMax) {
        work.restore(saved);
        return { taken, refused, rest: batch.slice(place) };
      }
      taken.push({ ...waiting, head });
    } catch (error) {
      work.restore(saved);
      refused.push({ ...waiting, error });
    }
  }
  return { taken, refused, rest: [] };
};

/** An answer that was lost on its way says nothing: the chain tells whether the entry stands. */
const isWritten = async (table: Table, { taken }: Decisions): Promise<boolean> => {
  const last = taken.at(-1);
  if (last === undefined) return false;
  try {
    const [row] = await table.get([auditEntryPlace(last.chain, last.head.seq)]);
    return row?.fields.hash === last.head.hash;
  } catch {
    return false;
  }
};
