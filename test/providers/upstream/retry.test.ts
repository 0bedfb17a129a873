import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../lib/errors.ts";
import { type Attempt, pauseBefore } from "../../../lib/providers/upstream/attempts.ts";

const failure = (kind: "answered" | "unsent" | "unknown", code: string, means?: ErrorCode) => ({
  kind,
  code,
  requestId: null,
  status: 0,
  means,
});
const first = { number: 1, leftMs: 10_000, random: 0.5 } as const;

describe("a call that failed is sent again", () => {
  it.each([
    ["a reading that was lost", true, failure("unknown", "connection_lost"), true],
    ["a reading that was not sent", true, failure("unsent", "connect_failed"), true],
    ["a reading that was refused", true, failure("answered", "ResourceNotFound"), false],
    ["a change that was lost", false, failure("unknown", "connection_lost"), false],
    ["a change that took too long", false, failure("unknown", "timeout"), false],
    ["a change that the system broke on", false, failure("unknown", "InternalError"), false],
    ["a change that was not sent", false, failure("unsent", "connect_failed"), true],
    ["a change that was throttled", false, failure("answered", "RequestLimitExceeded"), true],
    [
      "a change that was throttled by account",
      false,
      failure("answered", "RequestLimitExceeded.UinLimitExceeded"),
      true,
    ],
    [
      "a change that was throttled by a code of the service's own",
      false,
      failure("answered", "LimitExceeded.RequestLimitExceeded", "rate_limited"),
      true,
    ],
    ["a change that a REST system throttled", false, failure("answered", "http_429"), true],
    ["a change that has reached a limit of keys", false, failure("answered", "LimitExceeded"), false],
  ])("%s: %s", (_, reads, facts, again) => {
    expect(pauseBefore({ ...first, reads, failure: facts }) !== null).toBe(again);
  });

  it("at most four times in all, never later than there is time, and as late as was advised", () => {
    const throttled = failure("answered", "RequestLimitExceeded");
    fc.assert(
      fc.property(
        fc.record({
          number: fc.integer({ min: 1, max: 8 }),
          reads: fc.boolean(),
          adviceMs: fc.option(fc.integer({ min: 0, max: 20_000 }), { nil: undefined }),
          leftMs: fc.integer({ min: -100, max: 20_000 }),
          random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        }),
        ({ adviceMs, ...attempt }: Omit<Attempt, "failure"> & { readonly adviceMs: number | undefined }) => {
          const pause = pauseBefore({ ...attempt, failure: { ...throttled, adviceMs } });
          if (attempt.number >= 4) return pause === null;
          if (pause === null) return true;
          return (
            pause >= 0 &&
            pause < attempt.leftMs &&
            (adviceMs === undefined ? pause <= 2000 : pause === adviceMs)
          );
        },
      ),
    );
  });
});
