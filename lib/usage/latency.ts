import type { LatencyCount } from "../store/port/usage.ts";

/**
 * Latencies are counted in classes, eight to a doubling, so that counts of minutes, processes and models add up and a
 * percentile of the whole is told within 5 percent. Class 0 is below a millisecond, class 1 begins there.
 */
const perDoubling = 8;

export const latencyKind = (ms: number): number => (ms < 1 ? 0 : 1 + Math.floor(Math.log2(ms) * perDoubling));

/** The middle of its class: nothing in it is further away than half of a step. */
const middleOf = (kind: number): number => (kind === 0 ? 0 : 2 ** ((kind - 0.5) / perDoubling));

/** The latency that this share of the calls did not exceed, in whole milliseconds; null of no calls. */
export const percentile = (latencies: Iterable<LatencyCount>, share: number): number | null => {
  const sorted = [...latencies].sort(([one], [other]) => one - other);
  const all = sorted.reduce((sum, [, calls]) => sum + calls, 0);
  let left = Math.ceil(all * share);
  for (const [kind, calls] of sorted) {
    left -= calls;
    if (left <= 0) return Math.round(middleOf(kind));
  }
  return null;
};
