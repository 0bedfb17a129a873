import type { Principal } from "../access/principal.ts";
import { parseAddress } from "../keys/allowlist.ts";
import { budgetsOf, chargesOf, isQuota } from "../keys/budget.ts";
import { refusalOf, rules, type Use } from "../keys/verdict.ts";
import type { Limits } from "../schemas/key.ts";
import type { Verdict, VerdictCode } from "../schemas/verdict.ts";
import { findPresented } from "./find.ts";
import type { Admission } from "./limiter.ts";
import type { VerifierParts } from "./parts.ts";
import { calledBy, preparedOnce } from "./prepared.ts";
import type { Presented } from "./presented.ts";
import { writeReceipt } from "./receipt.ts";
import { keyVerdict, unknownKey } from "./told.ts";
import type { Counted, UsageOf } from "./usage-rows.ts";

/** A call that somebody wants to make with a key. */
export interface Ask {
  /** A UUID, which the verification's own id begins with. */
  readonly id: string;
  readonly presented: Presented;
  /** Only a key of this provider will do. */
  readonly provider: string | undefined;
  /** Where the call comes from; undefined where nobody knows. */
  readonly ip: string | undefined;
  readonly model: string | undefined;
  readonly endpoint: string | undefined;
  readonly requests: number;
  /** Undefined where the caller does not know what it may cost. */
  readonly tokens: number | undefined;
  readonly partial: boolean;
  readonly explain: boolean;
}

export interface Verifier {
  verify(principal: Principal, ask: Ask): Promise<Verdict>;
}

export const openVerifier = (parts: VerifierParts): Verifier => {
  const { limiter, usage, clock, tokensPerCall } = parts;
  const preparedOf = preparedOnce(parts.vault);

  return {
    verify: async (principal, ask) => {
      const now = clock().getTime();
      const account = principal.account.id;
      const { model = "", endpoint = "", explain } = ask;
      const finding = findPresented(parts, principal, ask.presented, ask.provider, now);
      const found = finding instanceof Promise ? await finding : finding;
      if (found === undefined) {
        if (!explain)
          usage.verified(countedRefusal(unknownUsage(account), "NOT_FOUND"), ask.requests, 0, now);
        return unknownKey(ask.id, explain);
      }
      const { key } = found.record;
      const prepared = preparedOf(found);
      const { subject, holder } = prepared;
      const use: Use = {
        address: ask.ip === undefined ? undefined : parseAddress(ask.ip),
        model: ask.model,
        endpoint: ask.endpoint,
        partial: ask.partial,
        now,
      };
      const tokens = tokensFor(key.limits, ask.tokens, tokensPerCall);
      const budgets = budgetsOf(key.limits, { requests: ask.requests, tokens }, now);
      const refusal = refusalOf(subject, use);
      const { mode } = limiter;
      if (explain) {
        const looked = await limiter.look(holder, budgets);
        const judged = rules.map(({ name, code, holds }) => ({
          rule: name,
          code,
          holds: holds(subject, use),
        }));
        const code = refusal ?? codeOf(looked);
        // Whoever asks why has not called: it is not counted, and cannot be settled.
        return keyVerdict(
          { found, code, admission: looked, mode, now, requestId: ask.id },
          { rules: judged, looked },
        );
      }
      const admitting = refusal === undefined ? limiter.admit(holder, budgets) : undefined;
      // What is in the process's own hands is not waited for.
      const admission = admitting instanceof Promise ? await admitting : admitting;
      const code = refusal ?? codeOf(admission);
      if (code !== "VALID") {
        usage.verified(countedRefusal(prepared.usage, code), ask.requests, 0, now);
        return keyVerdict({ found, code, admission, mode, now, requestId: ask.id });
      }
      const called = calledBy(prepared, model, endpoint);
      usage.verified(called.counted, ask.requests, tokens, now, found, ask.ip);
      const requestId = writeReceipt(prepared.sign, {
        id: ask.id,
        at: now,
        tokens,
        key: prepared.names,
        called: called.names,
        charged: chargesOf(budgets),
      });
      return keyVerdict({ found, code, admission, mode, now, requestId });
    },
  };
};

/** Without a model or endpoint, as all refusals: anybody can make up names, and each would be a row. */
const unknownUsage = (account: Principal["account"]["id"]): UsageOf => ({
  account,
  provider: "",
  key: "",
  team: "",
  model: "",
  endpoint: "",
  outcome: "NOT_FOUND",
});

const countedRefusal = (of: UsageOf, outcome: VerdictCode): Counted => ({
  of: { ...of, outcome },
  row: undefined,
});

/** A key without limits of tokens reserves what its caller says, which is then only counted. */
const tokensFor = (limits: Limits, asked: number | undefined, perCall: number): number => {
  if (asked !== undefined) return asked;
  return limits.tokensPerMinute === null && limits.tokenQuotas.length === 0 ? 0 : perCall;
};

const codeOf = (admission: Admission | undefined): VerdictCode => {
  if (admission?.refused === undefined) return "VALID";
  return isQuota(admission.refused) ? "QUOTA_EXCEEDED" : "RATE_LIMITED";
};
