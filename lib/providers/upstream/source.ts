import * as z from "zod";
import type { Key } from "../../schemas/key.ts";
import { ForeignCursor } from "../../store/port/key-query.ts";
import type { Caller } from "../caller.ts";
import type { Criteria, Source } from "../port.ts";
import { contentVersion } from "./known.ts";
import { refused } from "./refusal.ts";
import type { System } from "./system.ts";

interface KeptKey {
  /** As callers know it. */
  readonly shown: Key;
  /** As the real system tells of it, which its version is made of when somebody looks. */
  readonly seen: Key;
}

/** All keys of a real system as one reading saw them, newest first. */
interface Snapshot {
  readonly id: string;
  readonly keys: readonly KeptKey[];
  readonly takenMs: number;
}

interface Snapshots {
  keep(id: string, keys: readonly KeptKey[], nowMs: number): void;
  find(id: string, nowMs: number): readonly KeptKey[] | undefined;
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

const place = z.tuple([z.string(), z.string(), z.string()]);

/**
 * A real system's keys as one stream. They sort in their own ways, so a list is read whole and kept for a while under
 * the id that the cursor names; with the place itself in the cursor, a snapshot that is gone is read anew.
 */
export const upstreamSource = (
  name: string,
  system: System,
  snapshots: Snapshots,
  { clock, uuid }: { readonly clock: () => Date; readonly uuid: () => string },
  viewOf: (caller: Caller) => Promise<(key: Key) => Key | undefined>,
): Source => {
  const readAll = async (caller: Caller, id: string, signal: AbortSignal): Promise<readonly KeptKey[]> => {
    const keys: KeptKey[] = [];
    // Read while the real system is asked. Where that fails, nobody waits for it.
    const viewing = viewOf(caller);
    viewing.catch(() => undefined);
    for await (const page of system.pages(caller)) {
      const view = await viewing;
      // What a list may tell besides, as a secret, is not kept.
      for (const { key: seen } of page.keys) {
        const shown = view(seen);
        if (shown !== undefined) keys.push({ shown, seen });
      }
      // Whoever asked has stopped waiting.
      if (signal.aborted) break;
    }
    keys.sort((one, two) => newestFirst(one.shown, two.shown));
    if (!signal.aborted) snapshots.keep(id, keys, clock().getTime());
    return keys;
  };

  return {
    name,
    page: async (caller, criteria, after, limit, signal) => {
      const [id, createdAt, keyId] = after === null ? [uuid(), undefined, undefined] : placeOf(after);
      const keys =
        snapshots.find(id, clock().getTime()) ?? (await readAll(caller, id, signal).catch(refused(name)));
      const isBeyond = (key: Key): boolean =>
        createdAt === undefined ||
        key.createdAt < createdAt ||
        (key.createdAt === createdAt && key.id < (keyId ?? ""));
      const listed = [];
      for (const { shown, seen } of keys) {
        if (listed.length === limit) break;
        if (!isBeyond(shown) || !meets(shown, criteria)) continue;
        const key = { ...shown, version: contentVersion(seen) };
        listed.push({ key, cursor: JSON.stringify([id, key.createdAt, key.id]) });
      }
      return listed;
    },
  };
};

const placeOf = (cursor: string): z.infer<typeof place> => {
  try {
    return place.parse(JSON.parse(cursor));
  } catch {
    throw new ForeignCursor();
  }
};

/** Newest first; the id decides between keys of one moment. */
const newestFirst = (one: Key, two: Key): number => {
  if (one.createdAt !== two.createdAt) return one.createdAt < two.createdAt ? 1 : -1;
  return one.id < two.id ? 1 : one.id > two.id ? -1 : 0;
};

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());

/** As the store's filters judge the keys that it keeps itself. */
const meets = (key: Key, criteria: Criteria): boolean => {
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
