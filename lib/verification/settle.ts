import { may, type Principal } from "../access/principal.ts";
import { Refusal } from "../errors.ts";
import { type Budget, budgetsOf, chargeOf, counterOf, isQuota } from "../keys/budget.ts";
import type { Settlement } from "../schemas/verify.ts";
import type { Move } from "../store/port/budgets.ts";
import { type Holder, holderOf, untilOf } from "./limiter.ts";
import type { VerifierParts } from "./parts.ts";
import { type Receipt, readReceipt, receiptSigner } from "./receipt.ts";

export interface Settled {
  readonly keyId: string;
  readonly provider: string;
  readonly reserved: number;
  readonly spent: number;
}

export type Settle = (principal: Principal, requestId: string, settlement: Settlement) => Promise<Settled>;

/** What is not settled by then counts as spent. */
const settleMs = 86_400_000;

const unknown = (): Refusal =>
  new Refusal(
    "not_found",
    "There is no verification of this id that can be settled. They can be for 24 hours.",
  );

export const openSettle = (parts: Omit<VerifierParts, "limiter">): Settle => {
  const { store, vault, usage, clock, profiles } = parts;
  return async (principal, requestId, settlement) => {
    const now = clock().getTime();
    const account = principal.account.id;
    const receipt = readReceipt(receiptSigner(vault, account), requestId);
    if (receipt === undefined || now - receipt.at > settleMs) throw unknown();
    const { provider, key: id } = receipt;
    if (!may(principal, "keys:verify", provider)) throw unknown();
    const service = profiles.get(provider)?.service;
    const found = service === undefined ? undefined : await store.readKey(account, service, id);
    const { inputTokens = 0, outputTokens = 0, cacheTokens = 0, latencyMs, outcome } = settlement;
    const isMeasured = settlement.inputTokens !== undefined || settlement.outputTokens !== undefined;
    // Who tells no tokens settles what was reserved.
    const spent = isMeasured ? inputTokens + outputTokens : receipt.tokens;
    const holder = holderOf(account, provider, id);
    const budgets =
      found === undefined ? [] : budgetsOf(found.record.key.limits, { requests: 0, tokens: 0 }, now);
    const moves = movesFor(holder, budgets, receipt, spent);
    const until = new Date(receipt.at + settleMs).toISOString();
    if (!(await store.settle(account, requestId.slice(0, requestIdLength), until, moves))) {
      throw new Refusal("already_settled", "This verification was settled before.");
    }
    const { model, endpoint } = receipt;
    const team = found?.record.key.owner.team ?? "";
    usage.settled(
      { account, provider, key: id, team, model, endpoint, outcome: "VALID" },
      {
        spentTokens: spent - receipt.tokens,
        inputTokens,
        outputTokens,
        cacheTokens,
        failed: outcome === "error" ? 1 : 0,
      },
      latencyMs,
      receipt.at,
    );
    return { keyId: id, provider, reserved: receipt.tokens, spent };
  };
};

/** A UUID: the rest of the id says what it is about. */
const requestIdLength = 36;

/**
 * An overrun is charged to the present window, whichever the call was let in by, because it shall block the next call;
 * what is given back goes to the window that it was taken of, and is nothing once that is over.
 */
const movesFor = (
  holder: Holder,
  budgets: readonly Budget[],
  { tokens, charged }: Receipt,
  spent: number,
): readonly Move[] => {
  const by = spent - tokens;
  if (by === 0) return [];
  return (
    budgets
      .filter((budget) => budget.kind === "tokens" || isQuota(budget))
      // Of a budget that the call took nothing from, because it was set later or began anew, nothing is given back.
      .filter((budget) => by > 0 || charged.includes(chargeOf(budget)))
      .map((budget) => ({
        counter: counterOf(holder, budget),
        window: budget.window.id,
        until: untilOf(budget),
        by,
      }))
  );
};
