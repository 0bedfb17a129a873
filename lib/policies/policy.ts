import type { Policy, PolicyPatch, WholePolicy } from "../schemas/policy.ts";

/** A leaked secret is anybody's: unless its owner says otherwise, it ends at once. By the clock nothing happens unasked. */
export const policyDefaults: WholePolicy = {
  onLeak: "disable",
  leakGraceSeconds: 300,
  rotateEveryDays: 0,
  rotateNoticeDays: 7,
  rotateGraceSeconds: 86_400,
  disableUnusedDays: 0,
  expireAfterDays: 0,
};

/** Field by field, the first that says something: the key, then its provider, then the account. */
export const effectivePolicy = (narrowestFirst: readonly Policy[]): WholePolicy => {
  let whole = policyDefaults;
  for (const one of [...narrowestFirst].reverse()) whole = { ...whole, ...stated(one) };
  return whole;
};

/** Without fields that are there and say nothing, which would cover those of wider scopes. */
const stated = (policy: Policy): Partial<WholePolicy> =>
  Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== undefined));

/** Null takes a field out, what is absent stays. */
export const changedPolicy = (before: Policy, patch: PolicyPatch): Policy => {
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    Object.entries({ ...before, ...Object.fromEntries(given) }).filter(([, value]) => value !== null),
  );
};
