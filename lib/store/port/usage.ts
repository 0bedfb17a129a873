import type { AccountId } from "../../schemas/key.ts";

/** How usage is counted, kept and asked for. */

/** What usage is counted apart by, besides time and outcome; an empty name where there is none. */
export const usageNames = ["provider", "key", "team", "model", "endpoint"] as const;

export type UsageName = (typeof usageNames)[number];

/** Callers name models and endpoints: what is beyond the names that are told apart is counted under this one. */
export const otherName = "[other]";

/** Pairs of a model and an endpoint that one key has in a day, before new ones are counted together. */
export const namesOfKeyMax = 1000;

/** How one key was used in one minute, with one model and one outcome. */
export interface UsageRow extends Readonly<Record<UsageName, string>> {
  readonly account: AccountId;
  /** Start of the minute, the hour or the day, in milliseconds. */
  readonly time: number;
  /** The code of the verdict: `VALID`. */
  readonly outcome: string;
  readonly counts: UsageCounts;
  /** Of calls that were settled with one: how many were in which class of `lib/usage/latency.ts`. */
  readonly latencies: readonly LatencyCount[];
}

/** `[75, 12]`: of class 75, twelve calls. */
export type LatencyCount = readonly [kind: number, calls: number];

export interface UsageCounts {
  readonly requests: number;
  /** Tokens that were reserved for calls that were let in. */
  readonly reservedTokens: number;
  /** What these came to: a reservation counts until it is settled, which adds the difference, up or down. */
  readonly spentTokens: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheTokens: number;
  /** Calls that were settled with a latency, and the sum of these. */
  readonly timed: number;
  readonly latencyMs: number;
  /** Calls that their callers settled as failed. */
  readonly failed: number;
}

export const usageCountNames = [
  "requests",
  "reservedTokens",
  "spentTokens",
  "inputTokens",
  "outputTokens",
  "cacheTokens",
  "timed",
  "latencyMs",
  "failed",
] as const satisfies readonly (keyof UsageCounts)[];

export const usageSteps = ["minute", "hour", "day"] as const;

export type UsageStep = (typeof usageSteps)[number];

const minuteMs = 60_000;

const dayMs = 86_400_000;

export const stepMs: Readonly<Record<UsageStep, number>> = {
  minute: minuteMs,
  hour: 60 * minuteMs,
  day: dayMs,
};

/** How long each step is kept, at least; every call is counted in all three, so that what ends here ends nowhere else. */
export const keptMs: Readonly<Record<UsageStep, number>> = {
  minute: 8 * dayMs,
  hour: 100 * dayMs,
  day: 800 * dayMs,
};

export interface UsageQuery {
  readonly account: AccountId;
  readonly step: UsageStep;
  /** Starts of steps, in milliseconds; from the first, before the second. */
  readonly from: number;
  readonly to: number;
  /** Told apart by these names; over all others the rows are added up, and those names are empty. */
  readonly by: readonly UsageName[];
  /** Only rows that have one of these. */
  readonly where: Readonly<Partial<Record<UsageName, readonly string[] | undefined>>>;
}

/** So many rows, and no more, are in the answer to one question. */
export const usageRowsMax = 200_000;

/** So many groups are told apart in one question. */
export const usageGroupsMax = 20_000;

/** A question whose answer would be more than `usageRowsMax` rows. */
export class TooMuchUsage extends RangeError {
  constructor() {
    super("too much usage");
  }
}
