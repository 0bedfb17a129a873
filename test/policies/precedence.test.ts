import fc from "fast-check";
import { expect, it } from "vitest";
import { changedPolicy, effectivePolicy, policyDefaults } from "../../lib/policies/policy.ts";
import {
  changePolicyBody,
  type Policy,
  policy,
  type WholePolicy,
  wholePolicy,
} from "../../lib/schemas/policy.ts";

const names = Object.keys(policyDefaults) as readonly (keyof WholePolicy)[];
const days = fc.integer({ min: 0, max: 365 });
const anyPolicy: fc.Arbitrary<Policy> = fc.record(
  {
    onLeak: fc.constantFrom("notify", "shrink", "rotate", "disable"),
    leakGraceSeconds: days,
    rotateEveryDays: days,
    rotateNoticeDays: days,
    rotateGraceSeconds: days,
    disableUnusedDays: days,
    expireAfterDays: days,
  },
  { requiredKeys: [] },
);

it("each field is that of the narrowest scope that has it, and 0 is a word like any other", () => {
  fc.assert(
    fc.property(fc.array(anyPolicy, { maxLength: 3 }), (narrowestFirst) => {
      const whole = effectivePolicy(narrowestFirst);
      expect(wholePolicy.parse(whole)).toEqual(whole);
      for (const name of names) {
        const says = narrowestFirst.find((one) => Object.hasOwn(one, name));
        expect(whole[name]).toBe((says ?? policyDefaults)[name]);
      }
    }),
  );
});

it("a change leaves what it does not name, and null gives a field back to the wider scope", () => {
  fc.assert(
    fc.property(anyPolicy, anyPolicy, fc.subarray([...names]), (before, given, taken) => {
      const nulls = Object.fromEntries(taken.map((name) => [name, null]));
      const patch = { ...given, ...nulls };
      fc.pre(Object.keys(patch).length > 0);
      const after = changedPolicy(before, changePolicyBody.parse(patch));
      expect(policy.parse(after)).toEqual(after);
      for (const name of names) {
        const wanted = taken.includes(name) ? undefined : (given[name] ?? before[name]);
        expect(after[name]).toBe(wanted);
      }
    }),
  );
});
