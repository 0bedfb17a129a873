import type { Principal } from "../access/principal.ts";
import { compileAllowlist, parseAddress } from "../keys/allowlist.ts";
import { budgetsOf, chargesOf, isQuota } from "../keys/budget.ts";
import { refusalOf, rules, type Subject, type Use } from "../keys/verdict.ts";
import type { Limits } from "../schemas/key.ts";
import type { Verdict, VerdictCode } from "../schemas/verdict.ts";
import type { PresentedKey } from "../store/port/presented.ts";
import { rulesIn } from "./account-rules.ts";
import { findPresented } from "./find.ts";
import { type Admission, type Holder, holderOf } from "./limiter.ts";
import type { VerifierParts } from "./parts.ts";
import type { Presented } from "./presented.ts";
import { receiptNames, writeReceipt } from "./receipt.ts";
import { type Explanation, keyVerdict, unknownKey } from "./told.ts";
import type { UsageOf } from "./usage-rows.ts";

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
  const { vault, limiter, usage, clock, tokensPerCall } = parts;
  const preparedOf = preparedOnce();

  return {
    verify: async (principal, ask) => {
      const now = clock().getTime();
      const account = principal.account.id;
      const { model = "", endpoint = "", explain } = ask;
      const finding = findPresented(parts, principal, ask.presented, ask.provider, now);
      const found = finding instanceof Promise ? await finding : finding;
      const count = (code: VerdictCode, key: PresentedKey | undefined, tokens: number): void => {
        if (explain) return;
        const of = usageOf(account, key, code, model, endpoint);
        if (code === "VALID") usage.verified(of, ask.requests, tokens, now, key, ask.ip);
        else usage.verified(of, ask.requests, 0, now);
      };
      if (found === undefined) {
        count("NOT_FOUND", undefined, 0);
        return unknownKey(ask.id, explain);
      }
      const { key } = found.record;
      const { subject, holder, names } = preparedOf(found);
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
      let admission: Admission | undefined;
      let explanation: Explanation | undefined;
      if (explain) {
        const looked = await limiter.look(holder, budgets);
        admission = looked;
        explanation = {
          rules: rules.map(({ name, code, holds }) => ({ rule: name, code, holds: holds(subject, use) })),
          looked,
        };
      } else if (refusal === undefined) {
        const admitting = limiter.admit(holder, budgets);
        // What is in the process's own hands is not waited for.
        admission = admitting instanceof Promise ? await admitting : admitting;
      }
      const code = refusal ?? codeOf(admission);
      count(code, found, tokens);
      const receipt = { at: now, tokens, model, endpoint, charged: chargesOf(budgets) };
      return keyVerdict({
        found,
        code,
        admission,
        mode: limiter.mode,
        now,
        // Only what was let in can be settled.
        requestId:
          code === "VALID" && !explain ? writeReceipt(vault.sign, account, ask.id, names, receipt) : ask.id,
        explain: explanation,
      });
    },
  };
};

const usageOf = (
  account: Principal["account"]["id"],
  found: PresentedKey | undefined,
  outcome: VerdictCode,
  model: string,
  endpoint: string,
): UsageOf => ({
  account,
  provider: found?.record.key.provider ?? "",
  key: found?.record.key.id ?? "",
  team: found?.record.key.owner.team ?? "",
  // Of calls that were let in alone: anybody can make up names, and each would be a row.
  model: outcome === "VALID" ? model : "",
  endpoint: outcome === "VALID" ? endpoint : "",
  outcome,
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

/** What follows from a found key alone. */
interface Prepared {
  readonly subject: Subject;
  readonly holder: Holder;
  /** In its receipts. */
  readonly names: string;
}

/** Made once for as long as the store answers the same object, which is for as long as nothing of the key changes. */
const preparedOnce = (): ((found: PresentedKey) => Prepared) => {
  const known = new WeakMap<PresentedKey, Prepared>();
  return (found) => {
    const before = known.get(found);
    if (before !== undefined) return before;
    const { account, key } = found.record;
    const prepared: Prepared = {
      subject: {
        key,
        allowlist: compileAllowlist(key.ipAllowlist),
        accountAllowlist: compileAllowlist(rulesIn(found.accountRules).ipAllowlist),
      },
      holder: holderOf(account, key.provider, key.id),
      names: receiptNames(key.provider, key.id),
    };
    known.set(found, prepared);
    return prepared;
  };
};
