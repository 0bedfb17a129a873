import type { Key } from "../schemas/key.ts";
import type { WholePolicy } from "../schemas/policy.ts";

type LeakPolicy = Pick<WholePolicy, "onLeak" | "leakGraceSeconds">;

/** What is known of a key that has a reported secret, and of who reported it. */
export interface Facts {
  readonly key: Pick<Key, "status" | "expiresAt" | "scope">;
  /** When the reported secret ends; null for the key's present one. */
  readonly until: string | null;
  readonly secretLength: number;
  /** Whether somebody chose it, instead of the service. */
  readonly isChosen: boolean;
  /** Whether it is half of a pair, and the report did not name the other half. */
  readonly isHalf: boolean;
  /** Whether other keys that the report could mean have the same secret. */
  readonly isShared: boolean;
  readonly signed: boolean;
  readonly policy: LeakPolicy;
  readonly now: Date;
}

export type LeakFinding =
  | "leak.shared_value"
  | "leak.short_value"
  | "leak.chosen_value"
  | "leak.half_of_pair";

export type LeakDecision =
  /** It works no more, or its end is set already: the report is only written down. */
  | { readonly do: "record" }
  | { readonly do: "find"; readonly finding: LeakFinding }
  | { readonly do: "notify" }
  | { readonly do: "shrink" }
  | { readonly do: "disable" }
  | { readonly do: "rotate"; readonly graceSeconds: number }
  /** The secret was replaced and still works: its grace ends, and the key with its present secret stays. */
  | { readonly do: "endGrace"; readonly graceUntil: string | null };

/** Whether it does something to the key. */
export const isChange = ({ do: what }: LeakDecision): boolean =>
  what !== "record" && what !== "find" && what !== "notify";

/** Below this, a secret that somebody chose can be guessed, and who reports it need not have found it anywhere. */
export const shortSecretMax = 19;

/**
 * Who reports a guess must not be able to end the keys of others: what people chose, what several keys share and half of
 * a pair is shown to the owners, and acted on only where somebody who is trusted found it. Of a short value that proves
 * nothing either. A secret that the service made is one key's, whoever copies it into a key of their own: else its thief
 * could keep it alive by that.
 */
const doubts: readonly {
  readonly finding: LeakFinding;
  readonly holds: (facts: Facts) => boolean;
}[] = [
  { finding: "leak.short_value", holds: ({ secretLength }) => secretLength <= shortSecretMax },
  {
    finding: "leak.shared_value",
    holds: ({ isShared, isChosen, signed }) => isShared && isChosen && !signed,
  },
  { finding: "leak.chosen_value", holds: ({ isChosen, signed }) => isChosen && !signed },
  { finding: "leak.half_of_pair", holds: ({ isHalf, signed }) => isHalf && !signed },
];

export const decideLeak = (facts: Facts): LeakDecision => {
  const { key, until, policy, now } = facts;
  const isOver = (time: string | null): boolean => time !== null && Date.parse(time) <= now.getTime();
  if (key.status === "disabled" || isOver(key.expiresAt) || isOver(until)) return { do: "record" };
  const doubt = doubts.find(({ holds }) => holds(facts));
  if (doubt !== undefined) return { do: "find", finding: doubt.finding };
  if (policy.onLeak === "notify") return { do: "notify" };
  if (until !== null) return endGrace(until, policy, now);
  if (policy.onLeak === "rotate") return { do: "rotate", graceSeconds: policy.leakGraceSeconds };
  if (policy.onLeak === "shrink") return isShrunk(key) ? { do: "record" } : { do: "shrink" };
  return { do: "disable" };
};

/** A report of one leak names several places: the second must not take away the grace that the first one gave. */
const endGrace = (until: string, { onLeak, leakGraceSeconds }: LeakPolicy, now: Date): LeakDecision => {
  const grace = onLeak === "rotate" ? leakGraceSeconds * 1000 : 0;
  if (Date.parse(until) <= now.getTime() + grace) return { do: "record" };
  const graceUntil = grace === 0 ? null : new Date(now.getTime() + grace).toISOString();
  return { do: "endGrace", graceUntil };
};

const isShrunk = ({ scope }: Facts["key"]): boolean =>
  scope.models !== "all" &&
  scope.models.length === 0 &&
  scope.endpoints !== "all" &&
  scope.endpoints.length === 0;
