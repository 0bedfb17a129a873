import type { Limits } from "../schemas/key.ts";
import { cycleOf, minuteOf, type Window } from "./window.ts";

/** What one call costs. */
export interface Cost {
  readonly requests: number;
  readonly tokens: number;
}

/** One limit of a key in its present window, and what a call would take of it. */
export interface Budget {
  /** In the words of the canonical key: `tokenQuotas.0`. */
  readonly name: string;
  readonly kind: "requests" | "tokens" | "day" | "month" | "lifetime";
  readonly window: Window;
  readonly max: number;
  readonly by: number;
}

/** Nobody spends more in a lifetime, and integers beyond are not exact. */
const amount = (tokens: string): number => Math.min(Number(tokens), Number.MAX_SAFE_INTEGER);

/** The budgets of a key, the ones that end soonest first: of several that are spent, that one is told. */
export const budgetsOf = (limits: Limits, cost: Cost, now: number): readonly Budget[] => {
  const { requestsPerMinute, tokensPerMinute, tokenQuotas } = limits;
  if (requestsPerMinute === null && tokensPerMinute === null && tokenQuotas.length === 0) return none;
  const minute = minuteOf(now);
  const budgets: Budget[] = [];
  if (requestsPerMinute !== null) {
    budgets.push({
      name: "requestsPerMinute",
      kind: "requests",
      window: minute,
      max: requestsPerMinute,
      by: cost.requests,
    });
  }
  if (tokensPerMinute !== null) {
    budgets.push({
      name: "tokensPerMinute",
      kind: "tokens",
      window: minute,
      max: tokensPerMinute,
      by: cost.tokens,
    });
  }
  for (const [place, quota] of tokenQuotas.entries()) {
    budgets.push({
      name: `tokenQuotas.${place}`,
      kind: quota.cycle,
      window: cycleOf(quota, now),
      max: amount(quota.tokens),
      by: cost.tokens,
    });
  }
  return budgets;
};

const none: readonly Budget[] = [];

/** Where it is kept what a holder, `aione/2f1c…`, spent of a budget. */
export const counterOf = ({ name }: { readonly name: string }, { kind }: Pick<Budget, "kind">): string =>
  `${name}/${kind}`;

/** A quota is told apart from a rate: the one ends with its cycle, the other with the minute. */
export const isQuota = ({ kind }: Budget): boolean => kind !== "requests" && kind !== "tokens";

/** What a budget of tokens is called in the receipt of a call that took from it; a changed start day is another window. */
export const chargeOf = ({ kind, window }: Budget): string => `${kind}@${window.id}`;

const noCharges: readonly string[] = [];

export const chargesOf = (budgets: readonly Budget[]): readonly string[] => {
  const [first, ...more] = budgets;
  if (first === undefined || (more.length === 0 && first.kind === "requests")) return noCharges;
  return budgets.filter(({ kind }) => kind !== "requests").map(chargeOf);
};
