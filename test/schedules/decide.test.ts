import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { policyDefaults } from "../../lib/policies/policy.ts";
import { decide, type Facts, type Step } from "../../lib/schedules/decide.ts";
import { type Memory, nothingKnown } from "../../lib/schedules/schedule.ts";
import type { WholePolicy } from "../../lib/schemas/policy.ts";

const start = Date.parse("2026-01-01T00:00:00.000Z");
const dayMs = 86_400_000;
const day = (days: number): string => new Date(start + days * dayMs).toISOString();

interface Given {
  readonly key?: Partial<Facts["key"]>;
  readonly can?: Partial<Facts["can"]>;
  readonly policy?: Partial<WholePolicy>;
  readonly memory?: Partial<Memory>;
  readonly excepted?: Facts["excepted"];
}

const factsAt = (days: number, { key, can, policy, memory, excepted = {} }: Given): Facts => ({
  key: { status: "enabled", createdAt: day(0), rotatedAt: null, lastUsedAt: null, expiresAt: null, ...key },
  can: { rotate: true, disable: true, tellsUse: true, tellsChanges: true, ...can },
  policy: { ...policyDefaults, ...policy },
  memory: { ...nothingKnown, ...memory },
  excepted,
  now: new Date(day(days)),
});
const stepAt = (days: number, given: Given): Step => decide(factsAt(days, given)).step;

const wait = (days: number | null): Step => ({ type: "wait", until: days === null ? null : day(days) });
const rotate = (since: number): Step => ({ type: "rotate", secretSince: day(since) });
const notice = (since: number, rotateAt: number): Step => ({
  type: "notice",
  secretSince: day(since),
  rotateAt: day(rotateAt),
});
const unused: Step = { type: "disable", reason: "unused" };
const expired: Step = { type: "disable", reason: "expired_by_policy" };

const monthly = { rotateEveryDays: 30, rotateNoticeDays: 7 };
const told = (since: number, at: number, rotateAt: number): Partial<Memory> => ({
  notice: { secretSince: day(since), at: day(at), rotateAt: day(rotateAt) },
});

const cases: readonly (readonly [what: string, at: number, given: Given, step: Step])[] = [
  ["no policy asks for anything", 5000, {}, wait(null)],
  ["a rotation is far away", 1, { policy: monthly }, wait(23)],
  ["its notice is due", 23, { policy: monthly }, notice(0, 30)],
  ["its notice is late, and so is the rotation", 29, { policy: monthly }, notice(0, 36)],
  ["an old key meets a new policy", 400, { policy: monthly }, notice(0, 407)],
  ["it was announced", 24, { policy: monthly, memory: told(0, 23, 30) }, wait(30)],
  ["its announced time has come", 30, { policy: monthly, memory: told(0, 23, 30) }, rotate(0)],
  [
    "what was announced was of an earlier secret",
    60,
    { key: { rotatedAt: day(30) }, policy: monthly, memory: told(0, 23, 30) },
    notice(30, 67),
  ],
  [
    "the policy became stricter, and the told time stands",
    25,
    { policy: { ...monthly, rotateEveryDays: 10 }, memory: told(0, 23, 30) },
    wait(30),
  ],
  [
    "the policy became milder, and what was told is too long ago",
    80,
    { policy: { ...monthly, rotateEveryDays: 90 }, memory: told(0, 23, 30) },
    wait(83),
  ],
  [
    "the policy became milder, and it is announced again",
    84,
    { policy: { ...monthly, rotateEveryDays: 90 }, memory: told(0, 23, 30) },
    notice(0, 91),
  ],
  ["no notice is asked for", 30, { policy: { rotateEveryDays: 30, rotateNoticeDays: 0 } }, rotate(0)],
  [
    "a notice is longer than the whole time",
    0,
    { policy: { rotateEveryDays: 2, rotateNoticeDays: 7 } },
    notice(0, 2),
  ],
  ["somebody rotated it", 31, { key: { rotatedAt: day(20) }, policy: monthly }, wait(43)],
  [
    "a real system's key was rotated by Keyway",
    31,
    { policy: monthly, memory: { rotatedAt: day(20) } },
    wait(43),
  ],
  ["its provider gives no new secret", 400, { policy: monthly, can: { rotate: false } }, wait(null)],
  [
    "it is excepted from its age",
    100,
    { policy: { ...monthly, rotateNoticeDays: 0 }, excepted: { too_old: day(120) } },
    wait(120),
  ],
  [
    "it is excepted from its age, and the notice is of the end of that",
    114,
    { policy: monthly, excepted: { too_old: day(120) } },
    notice(0, 121),
  ],
  ["it was used lately", 31, { key: { lastUsedAt: day(20) }, policy: { disableUnusedDays: 30 } }, wait(50)],
  ["it was not used", 30, { policy: { disableUnusedDays: 30 } }, unused],
  [
    "its last use is long ago",
    50,
    { key: { lastUsedAt: day(20) }, policy: { disableUnusedDays: 30 } },
    unused,
  ],
  [
    "nobody tells its uses",
    5000,
    { policy: { disableUnusedDays: 30 }, can: { tellsUse: false } },
    wait(null),
  ],
  [
    "it is excepted from being used",
    50,
    { policy: { disableUnusedDays: 30 }, excepted: { unused: day(60) } },
    wait(60),
  ],
  ["it was put on again", 31, { policy: { disableUnusedDays: 30 }, memory: { onSince: day(29) } }, wait(59)],
  ["it is seen on again", 90, { policy: { disableUnusedDays: 30 }, memory: { wasOff: true } }, wait(120)],
  ["its time is over", 60, { policy: { expireAfterDays: 60 } }, expired],
  [
    "its time is over, and it was put on again",
    61,
    { policy: { expireAfterDays: 60 }, memory: { wasOff: true } },
    expired,
  ],
  [
    "its time is over, and nobody can end it",
    61,
    { policy: { expireAfterDays: 60 }, can: { disable: false } },
    wait(null),
  ],
  [
    "all of it is due",
    400,
    { policy: { ...monthly, rotateNoticeDays: 0, disableUnusedDays: 30, expireAfterDays: 60 } },
    expired,
  ],
  [
    "the first of all of it",
    1,
    { policy: { ...monthly, disableUnusedDays: 10, expireAfterDays: 60 } },
    wait(10),
  ],
  ["it is disabled", 400, { key: { status: "disabled" }, policy: monthly }, wait(null)],
  ["it has expired by itself", 400, { key: { expiresAt: day(10) }, policy: monthly }, wait(null)],
  [
    "it is disabled where no event tells of its return",
    400,
    { key: { status: "disabled" }, policy: monthly, can: { tellsChanges: false } },
    wait(401),
  ],
];

describe("what is to be done with a key, when", () => {
  it.each(cases)("%s", (_, at, given, step) => {
    expect(stepAt(at, given)).toEqual(step);
  });
});

/** A key as its steps leave it: time goes on as the decisions say, with looks in between that nobody asked for. */
it("a key that nobody touches is rotated in its time and announced before each, however often it is looked at", () => {
  const days = fc.integer({ min: 1, max: 60 });
  const looks = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 });
  fc.assert(
    fc.property(days, fc.integer({ min: 0, max: 60 }), looks, (rotateEveryDays, rotateNoticeDays, extra) => {
      let memory: Memory = nothingKnown;
      let rotatedAt: string | null = null;
      const rotations: number[] = [];
      const notices: number[] = [];
      const times = extra.toSorted((one, other) => other - one);
      for (let at = 0; at <= 400; ) {
        const given = { key: { rotatedAt }, policy: { rotateEveryDays, rotateNoticeDays }, memory };
        const { step, memory: known } = decide(factsAt(at, given));
        memory = known;
        if (step.type === "wait") {
          if (step.until === null) throw new Error("it is forgotten");
          const due = (Date.parse(step.until) - start) / dayMs;
          expect(due).toBeGreaterThan(at);
          while ((times.at(-1) ?? 401) <= at) times.pop();
          at = Math.min(due, times.at(-1) ?? 401);
        } else if (step.type === "notice") {
          notices.push(at);
          memory = {
            ...memory,
            notice: { secretSince: step.secretSince, at: day(at), rotateAt: step.rotateAt },
          };
        } else {
          expect(step.type).toBe("rotate");
          rotations.push(at);
          rotatedAt = day(at);
        }
      }
      expect(rotations).toEqual(
        Array.from({ length: Math.floor(400 / rotateEveryDays) }, (_, n) => (n + 1) * rotateEveryDays),
      );
      const before = Math.min(rotateNoticeDays, rotateEveryDays);
      if (before === 0) expect(notices).toEqual([]);
      for (const [place, at] of before === 0 ? [] : rotations.entries())
        expect(notices[place]).toBe(at - before);
    }),
  );
});

it("a decision is the same whoever asks it twice", () => {
  for (const [, at, given] of cases) {
    const first = decide(factsAt(at, given));
    const again = decide(factsAt(at, { ...given, memory: first.memory }));
    expect(again.step).toEqual(first.step);
  }
});
