import { isQuota } from "../keys/budget.ts";
import type { RefusalCode } from "../keys/verdict.ts";
import { minuteOf } from "../keys/window.ts";
import type { Verdict, VerdictCode } from "../schemas/verdict.ts";
import type { PresentedKey } from "../store/port/presented.ts";
import type { Admission, LimitMode, Looked } from "./limiter.ts";

/** What a verdict tells its caller, in the facade's words. */

export const unknownKey = (requestId: string, explain: boolean): Verdict => ({
  valid: false,
  code: "NOT_FOUND",
  requestId,
  keyId: null,
  provider: null,
  name: null,
  owner: null,
  scope: null,
  generation: null,
  remaining: null,
  expiresAt: null,
  graceUntil: null,
  limits: null,
  retryAfter: null,
  ...(explain && { explain: [{ rule: "key", outcome: "failed" as const, code: "NOT_FOUND" as const }] }),
});

interface Explanation {
  readonly rules: readonly { readonly rule: string; readonly code: RefusalCode; readonly holds: boolean }[];
  readonly looked: Looked;
}

export interface Told {
  readonly found: PresentedKey;
  readonly code: VerdictCode;
  /** Undefined where a rule refused the key before its limits were asked. */
  readonly admission: Admission | undefined;
  readonly mode: LimitMode;
  readonly now: number;
  readonly requestId: string;
}

/** With `explanation`: every rule of the key's own, and whether its budgets have enough. */
export const keyVerdict = (told: Told, explanation?: Explanation): Verdict => {
  const { found, code, admission, mode, now, requestId } = told;
  const { key } = found.record;
  const { from, to } = minuteOf(now);
  return {
    valid: code === "VALID",
    code,
    requestId,
    keyId: key.id,
    provider: key.provider,
    name: key.name,
    owner: key.owner,
    scope: key.scope,
    generation: found.secret.generation,
    remaining: admission === undefined ? null : remainingOf(found, admission),
    expiresAt: key.expiresAt,
    graceUntil: found.secret.until,
    limits: { ...key.limits, mode, window: { from, to }, overAdmission: 0 },
    retryAfter: retryAfterOf(admission, now),
    ...(explanation && { explain: explained(explanation) }),
  };
};

const remainingOf = ({ record }: PresentedKey, { budgets, left }: Admission): Verdict["remaining"] => {
  const { tokenQuotas } = record.key.limits;
  const leftOf = (kind: string): number | null => {
    const place = budgets.findIndex((budget) => budget.kind === kind);
    return place < 0 ? null : (left[place] ?? 0);
  };
  return {
    requestsPerMinute: leftOf("requests"),
    tokensPerMinute: leftOf("tokens"),
    tokenQuotas: tokenQuotas.map(({ cycle }) => ({ cycle, tokens: String(leftOf(cycle) ?? 0) })),
  };
};

const retryAfterOf = (admission: Admission | undefined, now: number): number | null => {
  const end = admission?.refused?.window.end ?? null;
  return end === null ? null : Math.max(1, Math.ceil((end - now) / 1000));
};

const explained = ({ rules, looked }: Explanation): NonNullable<Verdict["explain"]> => [
  ...rules.map(({ rule, code, holds }) => ({ rule, outcome: outcomeOf(holds), code })),
  ...looked.budgets.map((budget, place) => ({
    rule: `limits.${budget.name}`,
    outcome: outcomeOf(looked.enough[place] === true),
    code: isQuota(budget) ? ("QUOTA_EXCEEDED" as const) : ("RATE_LIMITED" as const),
  })),
];

const outcomeOf = (holds: boolean): "passed" | "failed" => (holds ? "passed" : "failed");
