import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decideLeak, type Facts } from "../../lib/leaks/decide.ts";
import { leakActions } from "../../lib/schemas/policy.ts";

const now = new Date("2026-11-21T12:00:00.000Z");
const later = "2026-11-22T12:00:00.000Z";
const earlier = "2026-11-20T12:00:00.000Z";

const plain: Facts = {
  key: { status: "enabled", expiresAt: null, scope: { models: "all", endpoints: "all" } },
  until: null,
  secretLength: 48,
  isChosen: false,
  isHalf: false,
  isShared: false,
  signed: true,
  policy: { onLeak: "disable", leakGraceSeconds: 300 },
  now,
};
const rotate = { onLeak: "rotate", leakGraceSeconds: 300 } as const;

describe("what is done about a leak", () => {
  it.each([
    ["a whole secret", {}, { do: "disable" }],
    ["a whole secret of a generated key, unsigned", { signed: false }, { do: "disable" }],
    ["a disabled key", { key: { ...plain.key, status: "disabled" } }, { do: "record" }],
    ["an expired key", { key: { ...plain.key, expiresAt: earlier } }, { do: "record" }],
    ["a key that expires now", { key: { ...plain.key, expiresAt: now.toISOString() } }, { do: "record" }],
    ["a key that expires later", { key: { ...plain.key, expiresAt: later } }, { do: "disable" }],
    ["a replaced secret whose grace is over", { until: earlier }, { do: "record" }],
    ["a replaced secret in its grace", { until: later }, { do: "endGrace", graceUntil: null }],
    [
      "one in a grace that the policy gives",
      { until: "2026-11-21T12:05:00.000Z", policy: rotate },
      { do: "record" },
    ],
    [
      "one in a longer grace than the policy gives",
      { until: later, policy: rotate },
      { do: "endGrace", graceUntil: "2026-11-21T12:05:00.000Z" },
    ],
    ["a chosen secret, signed", { isChosen: true }, { do: "disable" }],
    [
      "a chosen secret, unsigned",
      { isChosen: true, signed: false },
      { do: "find", finding: "leak.chosen_value" },
    ],
    [
      "a short secret, signed",
      { isChosen: true, secretLength: 19 },
      { do: "find", finding: "leak.short_value" },
    ],
    [
      "a shared secret, unsigned",
      { isChosen: true, isShared: true, signed: false },
      { do: "find", finding: "leak.shared_value" },
    ],
    ["a shared secret, signed", { isChosen: true, isShared: true }, { do: "disable" }],
    ["a generated secret that somebody copied", { isShared: true, signed: false }, { do: "disable" }],
    [
      "half of a pair, unsigned",
      { isHalf: true, signed: false },
      { do: "find", finding: "leak.half_of_pair" },
    ],
    ["half of a pair, signed", { isHalf: true }, { do: "disable" }],
    ["by policy, notify", { policy: { ...rotate, onLeak: "notify" } }, { do: "notify" }],
    [
      "by policy, notify, of a replaced one",
      { until: later, policy: { ...rotate, onLeak: "notify" } },
      { do: "notify" },
    ],
    ["by policy, rotate", { policy: rotate }, { do: "rotate", graceSeconds: 300 }],
    ["by policy, shrink", { policy: { ...rotate, onLeak: "shrink" } }, { do: "shrink" }],
    [
      "by policy, shrink what has no scope",
      {
        key: { ...plain.key, scope: { models: [], endpoints: [] } },
        policy: { ...rotate, onLeak: "shrink" },
      },
      { do: "record" },
    ],
  ] as const)("%s", (_, facts, decision) => {
    expect(decideLeak({ ...plain, ...facts } as Facts)).toEqual(decision);
  });

  it("without proof, never touches what somebody chose, half of a pair or a short secret, whatever the policy", () => {
    const facts = fc.record({
      until: fc.constantFrom(null, earlier, later),
      secretLength: fc.integer({ min: 1, max: 64 }),
      isChosen: fc.boolean(),
      isHalf: fc.boolean(),
      isShared: fc.boolean(),
      onLeak: fc.constantFrom(...leakActions),
    });
    fc.assert(
      fc.property(facts, ({ onLeak, ...given }) => {
        const policy = { onLeak, leakGraceSeconds: 300 };
        const decision = decideLeak({ ...plain, ...given, signed: false, policy });
        const isDoubtful = given.isChosen || given.isHalf || given.secretLength < 20;
        if (isDoubtful) expect(["record", "find"]).toContain(decision.do);
      }),
    );
  });
});
