/** Admits at most `limit` calls of one name in any second. */
export interface RateLimiter {
  /** 0 for none. */
  readonly limit: number;
  /** The limit, when this call would be one too many. */
  exceeded(name: string, nowMs: number): number | undefined;
  /** How many more calls would be admitted at this moment. */
  remaining(name: string, nowMs: number): number;
}

const windowMs = 1000;
interface Ring {
  readonly times: Float64Array;
  next: number;
}

/** Names in memory; the ones that fell silent go first. */
const namesMax = 10_000;

/**
 * A ring of the last admitted times for each name: exact in every window, where a counter by the second would admit
 * twice the limit across its edge. Refused calls leave no trace, so a caller that keeps knocking is let in on time.
 */
export const rateLimiter = (limit: number): RateLimiter => {
  const rings = new Map<string, Ring>();
  return {
    limit,
    remaining: (name, nowMs) => {
      const ring = rings.get(name);
      if (ring === undefined || isAhead(ring, nowMs)) return limit;
      // From the next place on, the ring holds times in order: the first that is not over yet is searched by halves.
      let [low, high] = [0, limit];
      while (low < high) {
        const middle = (low + high) >> 1;
        const time = ring.times[(ring.next + middle) % limit] ?? 0;
        if (nowMs - time >= windowMs) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    exceeded: (name, nowMs) => {
      if (limit === 0) return undefined;
      let ring = rings.get(name);
      if (ring === undefined) {
        if (rings.size >= namesMax) forgetSilent(rings, nowMs);
        ring = { times: new Float64Array(limit).fill(Number.NEGATIVE_INFINITY), next: 0 };
        rings.set(name, ring);
      }
      if (isAhead(ring, nowMs)) ring.times.fill(Number.NEGATIVE_INFINITY);
      const oldest = ring.times[ring.next] ?? Number.NEGATIVE_INFINITY;
      if (nowMs - oldest < windowMs) return limit;
      ring.times[ring.next] = nowMs;
      ring.next = (ring.next + 1) % limit;
      return undefined;
    },
  };
};

/** A clock that was set back by an hour must not shut everybody out for an hour. */
const isAhead = ({ times, next }: Ring, nowMs: number): boolean =>
  (times[(next + times.length - 1) % times.length] ?? 0) - nowMs > windowMs;

const forgetSilent = (rings: Map<string, Ring>, nowMs: number): void => {
  for (const [name, { times }] of rings)
    if (times.every((time) => nowMs - time >= windowMs)) rings.delete(name);
};
