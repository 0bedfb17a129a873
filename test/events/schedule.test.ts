import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { afterFailures, type Health, healthy, isHopeless, isPaused } from "../../lib/events/health.ts";
import { attemptsMax, nextAttempt, readRetryAfter } from "../../lib/events/schedule.ts";

const start = new Date("2026-01-01T00:00:00Z");
const hourMs = 3_600_000;
const at = (hours: number): Date => new Date(start.getTime() + hours * hourMs);
const delay = (attempts: number, random: number, retryAfterMs?: number): number | undefined => {
  const next = nextAttempt(attempts, retryAfterMs, start, () => random);
  return next && (next.getTime() - start.getTime()) / 1000;
};

describe("attempts", () => {
  it("are those of the specification: ten, in 75 hours, 35 minutes and 5 seconds", () => {
    const delays = Array.from({ length: attemptsMax }, (_, place) => delay(place + 1, 0.5));
    expect(delays).toEqual([5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400, undefined]);
    const total = delays.reduce<number>((sum, one) => sum + (one ?? 0), 0);
    expect(total).toBe(75 * 3600 + 35 * 60 + 5);
  });

  it("come up to a fifth sooner or later", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (made, random) => {
          const middle = delay(made, 0.5) ?? 0;
          const got = delay(made, random) ?? 0;
          expect(got).toBeGreaterThanOrEqual(0.8 * middle - 0.001);
          expect(got).toBeLessThanOrEqual(1.2 * middle + 0.001);
        },
      ),
    );
  });

  it("wait as long as the receiver asks for, a day at most", () => {
    expect(delay(1, 0.5, 60_000)).toBe(60);
    expect(delay(2, 0.5, 60_000)).toBe(300);
    expect(delay(1, 0.5, 365 * 24 * hourMs)).toBe(86_400);
  });
});

it.each<[string | undefined, number | undefined]>([
  [undefined, undefined],
  ["120", 120_000],
  ["0", 0],
  ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
  ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
  ["soon", undefined],
  ["-5", undefined],
  ["1e9", undefined],
  ["2030", 2_030_000],
  ["2030-01-01", undefined],
  ["Thu, 99 Foo 2026 00:01:00 GMT", undefined],
  ["9".repeat(400), undefined],
])("`Retry-After: %s` asks for %s ms", (header, ms) => {
  expect(readRetryAfter(header, start)).toBe(ms);
});

describe("an endpoint's health", () => {
  const failing = (...hours: readonly number[]): Health =>
    hours.reduce((health, hour) => afterFailures(health, 1, 0, at(hour)), healthy);

  it("pauses with the third failure, longer each time, five minutes at most", () => {
    let health = healthy;
    let now = start;
    const pauses = Array.from({ length: 12 }, () => {
      health = afterFailures(health, 1, 0, now);
      const until = health.pausedUntil === null ? now : new Date(health.pausedUntil);
      const seconds = (until.getTime() - now.getTime()) / 1000;
      now = until;
      return seconds;
    });
    expect(pauses).toEqual([0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300, 300]);
  });

  it("takes what fails together for one failure", () => {
    const first = afterFailures(healthy, 32, 0, start);
    expect(afterFailures(first, 4, 0, start)).toMatchObject({ streak: 36, pausedUntil: first.pausedUntil });
    expect(Date.parse(first.pausedUntil ?? "") - start.getTime()).toBe(5_000);
  });

  it("pauses when the receiver asks for it, five minutes at most", () => {
    const asked = afterFailures(healthy, 1, 60_000, start);
    expect([isPaused(asked, at(0)), isPaused(asked, at(1))]).toEqual([true, false]);
    expect(isPaused(afterFailures(healthy, 1, 48 * hourMs, start), at(0.1))).toBe(false);
  });

  // Svix: the clock starts with failures within 24 h that are at least 12 h apart, and disables after 120 h.
  it.each<[string, readonly number[], number, boolean]>([
    ["of failures in one hour", [0, 0.5, 1], 200, false],
    ["of failures twelve hours apart, 120 hours later", [0, 12, 40], 132, true],
    ["of failures twelve hours apart, 119 hours later", [0, 12, 40], 131, false],
    ["of failures each two days", [0, 48, 96, 144], 200, false],
    ["of failures all along", Array.from({ length: 60 }, (_, place) => place * 6), 132, true],
  ])("%s is hopeless, or not", (_, hours, later, expected) => {
    expect(isHopeless(failing(...hours), at(later))).toBe(expected);
  });
});
