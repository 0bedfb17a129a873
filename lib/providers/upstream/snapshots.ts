import type { Key } from "../../schemas/key.ts";
import type { Criteria } from "../port.ts";

/** All keys of a real system as one reading saw them, newest first. */
interface Snapshot {
  readonly id: string;
  readonly keys: readonly Key[];
  readonly takenMs: number;
}

export interface Snapshots {
  keep(id: string, keys: readonly Key[], nowMs: number): void;
  find(id: string, nowMs: number): readonly Key[] | undefined;
}

const keptMs = 120_000;

/** `keysMax` in memory, all snapshots together: the oldest are let go, and read anew if somebody pages on. */
export const openSnapshots = (keysMax: number): Snapshots => {
  const kept = new Map<string, Snapshot>();
  const tidy = (nowMs: number): void => {
    let keys = 0;
    for (const one of [...kept.values()].reverse()) {
      keys += one.keys.length;
      if (nowMs - one.takenMs > keptMs || keys > keysMax) kept.delete(one.id);
    }
  };
  return {
    keep: (id, keys, nowMs) => {
      kept.set(id, { id, keys, takenMs: nowMs });
      tidy(nowMs);
    },
    find: (id, nowMs) => {
      const found = kept.get(id);
      return found === undefined || nowMs - found.takenMs > keptMs ? undefined : found.keys;
    },
  };
};

/** Newest first; the id decides between keys of one moment. */
export const newestFirst = (one: Key, two: Key): number => {
  if (one.createdAt !== two.createdAt) return one.createdAt < two.createdAt ? 1 : -1;
  return one.id < two.id ? 1 : one.id > two.id ? -1 : 0;
};

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());

/** As the store's filters judge the keys that it keeps itself. */
export const meets = (key: Key, criteria: Criteria): boolean => {
  const { status, q, team, createdBefore, createdAfter, unusedSince } = criteria;
  const piece = q === undefined ? undefined : lowerAscii(q);
  return (
    (status === undefined || key.status === status) &&
    (piece === undefined || lowerAscii(key.name).includes(piece) || lowerAscii(key.id).includes(piece)) &&
    (team === undefined || key.owner.team === team) &&
    (createdBefore === undefined || key.createdAt < createdBefore) &&
    (createdAfter === undefined || key.createdAt >= createdAfter) &&
    (unusedSince === undefined || (key.lastUsedAt ?? key.createdAt) < unusedSince)
  );
};
