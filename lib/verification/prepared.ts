import { type Allowlist, compileAllowlist } from "../keys/allowlist.ts";
import type { Subject } from "../keys/verdict.ts";
import type { Sign, Vault } from "../sealing/vault.ts";
import type { PresentedKey } from "../store/port/presented.ts";
import { rulesIn } from "./account-rules.ts";
import { type Holder, holderOf } from "./limiter.ts";
import { receiptNames, receiptSigner } from "./receipt.ts";
import type { Counted, UsageOf } from "./usage-rows.ts";

/** What follows from a found key alone. */
export interface Prepared {
  readonly subject: Subject;
  readonly holder: Holder;
  /** Its calls that name no model or endpoint. */
  readonly usage: UsageOf;
  /** Of its receipts. */
  readonly sign: Sign;
  readonly names: string;
  /** What its last call that was let in named: the next one mostly names the same. */
  called: Called;
}

/** A model and an endpoint, as calls to them are counted and written into receipts. */
export interface Called {
  readonly counted: Counted;
  readonly names: string;
}

export const calledBy = (prepared: Prepared, model: string, endpoint: string): Called => {
  const { of } = prepared.called.counted;
  if (of.model !== model || of.endpoint !== endpoint) {
    prepared.called = called({ ...prepared.usage, model, endpoint });
  }
  return prepared.called;
};

const called = (of: UsageOf): Called => ({
  counted: { of, row: undefined },
  names: receiptNames(of.model, of.endpoint),
});

/** Made once for as long as the store answers the same object, which is for as long as nothing of the key changes. */
export const preparedOnce = (vault: Vault): ((found: PresentedKey) => Prepared) => {
  const known = new WeakMap<PresentedKey, Prepared>();
  const allowlists = keptByText<Allowlist>();
  const signers = keptByText<Sign>();
  // Of what many keys have alike one stays in the processor's cache, a thousand do not.
  const allowlistOf = (entries: readonly string[]): Allowlist =>
    entries.length > sharedEntriesMax
      ? compileAllowlist(entries)
      : // As JSON: joined, a list of one empty entry would be the empty list, which lets everybody through.
        allowlists(JSON.stringify(entries), () => compileAllowlist(entries));
  return (found) => {
    const before = known.get(found);
    if (before !== undefined) return before;
    const { account, key } = found.record;
    const usage: UsageOf = {
      account,
      provider: key.provider,
      key: key.id,
      team: key.owner.team ?? "",
      model: "",
      endpoint: "",
      outcome: "VALID",
    };
    const prepared: Prepared = {
      usage,
      subject: {
        key,
        allowlist: allowlistOf(key.ipAllowlist),
        accountAllowlist: allowlistOf(rulesIn(found.accountRules).ipAllowlist),
      },
      holder: holderOf(account, key.provider, key.id),
      sign: signers(account, () => receiptSigner(vault, account)),
      names: receiptNames(key.provider, key.id),
      called: called(usage),
    };
    known.set(found, prepared);
    return prepared;
  };
};

const keptMax = 1000;
/** Longer lists go with their keys: a thousand of a thousand entries would be a hundred megabytes that stay. */
const sharedEntriesMax = 16;

const keptByText = <Value>(): ((text: string, make: () => Value) => Value) => {
  const kept = new Map<string, Value>();
  return (text, make) => {
    const before = kept.get(text);
    if (before !== undefined) return before;
    if (kept.size >= keptMax) kept.clear();
    const made = make();
    kept.set(text, made);
    return made;
  };
};
