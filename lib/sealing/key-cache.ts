import type { KeyObject } from "node:crypto";

/**
 * Unwrapped keys in memory, at most `max`, the oldest given up first, none for longer than `lifeMs`. A key that is being
 * unwrapped is in it already: of those who need it at one time, one asks for it.
 */
export interface KeyCache {
  get(id: string): Promise<KeyObject> | undefined;
  put(id: string, key: Promise<KeyObject>): Promise<KeyObject>;
}

interface Entry {
  readonly key: Promise<KeyObject>;
  /** When unwrapping began: what the master key allowed then is all that is known. */
  readonly since: number;
}

export const openKeyCache = (max: number, lifeMs: number, clock: () => Date): KeyCache => {
  // In the order of time.
  const entries = new Map<string, Entry>();
  const now = lifeMs === Number.POSITIVE_INFINITY ? (): number => 0 : (): number => clock().getTime();
  /** A clock that was set back ends an entry, too, where it can be told. */
  const isLive = ({ since }: Entry, at: number): boolean => since <= at && at < since + lifeMs;

  return {
    get: (id) => {
      const entry = entries.get(id);
      return entry !== undefined && isLive(entry, now()) ? entry.key : undefined;
    },
    put: (id, key) => {
      const since = now();
      entries.delete(id);
      for (const [oldest, entry] of entries) {
        if (entries.size < max && isLive(entry, since)) break;
        entries.delete(oldest);
      }
      entries.set(id, { key, since });
      // A refusal may be over at the next call.
      key.catch(() => {
        if (entries.get(id)?.key === key) entries.delete(id);
      });
      return key;
    },
  };
};
