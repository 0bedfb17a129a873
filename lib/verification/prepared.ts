import { type Allowlist, compileAllowlist } from "../keys/allowlist.ts";
import type { Subject } from "../keys/verdict.ts";
import type { Sign, Vault } from "../sealing/vault.ts";
import type { PresentedKey } from "../store/port/presented.ts";
import { rulesIn } from "./account-rules.ts";
import { type Holder, holderOf } from "./limiter.ts";
import { receiptNames, receiptSigner } from "./receipt.ts";
import type { Counted } from "./usage-rows.ts";

/** What follows from a found key alone. */
export interface Prepared {
  readonly subject: Subject;
  readonly holder: Holder;
  /** Calls that were let in and name no model or endpoint. */
  readonly counted: Counted;
  /** Of its receipts. */
  readonly sign: Sign;
  readonly names: string;
}

/** Made once for as long as the store answers the same object, which is for as long as nothing of the key changes. */
export const preparedOnce = (vault: Vault): ((found: PresentedKey) => Prepared) => {
  const known = new WeakMap<PresentedKey, Prepared>();
  const allowlists = keptByText<Allowlist>();
  const signers = keptByText<Sign>();
  // Of what many keys have alike one stays in the processor's cache, a thousand do not.
  const allowlistOf = (entries: readonly string[]): Allowlist =>
    allowlists(entries.join(), () => compileAllowlist(entries));
  return (found) => {
    const before = known.get(found);
    if (before !== undefined) return before;
    const { account, key } = found.record;
    const prepared: Prepared = {
      subject: {
        key,
        allowlist: allowlistOf(key.ipAllowlist),
        accountAllowlist: allowlistOf(rulesIn(found.accountRules).ipAllowlist),
      },
      holder: holderOf(account, key.provider, key.id),
      counted: {
        of: {
          account,
          provider: key.provider,
          key: key.id,
          team: key.owner.team ?? "",
          model: "",
          endpoint: "",
          outcome: "VALID",
        },
        row: undefined,
      },
      sign: signers(account, () => receiptSigner(vault, account)),
      names: receiptNames(key.provider, key.id),
    };
    known.set(found, prepared);
    return prepared;
  };
};

const keptMax = 1000;

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
