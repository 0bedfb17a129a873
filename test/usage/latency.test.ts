import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { latencyKind, percentile } from "../../lib/usage/latency.ts";

/** Nearest rank: the smallest value that so large a share of all does not exceed. */
const exact = (values: readonly number[], share: number): number =>
  values.toSorted((one, other) => one - other)[Math.ceil(values.length * share) - 1] ?? Number.NaN;

const counted = (values: readonly number[]): [kind: number, calls: number][] =>
  [...Map.groupBy(values, latencyKind)].map(([kind, calls]) => [kind, calls.length]);

describe("a percentile of counted latencies", () => {
  it("is within 5 percent of the exact one, or half a millisecond", () => {
    const latency = fc.oneof(
      fc.double({ min: 0, max: 5000, noNaN: true }),
      fc.integer({ min: 0, max: 86_400_000 }),
    );
    fc.assert(
      fc.property(
        fc.array(latency, { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.95, 0.99),
        (values, share) => {
          const wanted = exact(values, share);
          const told = percentile(counted(values), share);
          // Below a millisecond there is one class.
          expect(Math.abs((told ?? Number.NaN) - wanted)).toBeLessThanOrEqual(
            Math.max(wanted * 0.05 + 0.5, wanted < 1 ? 1 : 0),
          );
        },
      ),
    );
  });

  it("of no calls is none", () => {
    expect(percentile([], 0.99)).toBeNull();
  });
});
