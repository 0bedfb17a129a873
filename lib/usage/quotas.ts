import { counterOf } from "../keys/budget.ts";
import { cycleOf } from "../keys/window.ts";
import type { AccountId, Key } from "../schemas/key.ts";
import type { UsageReads } from "./reads.ts";

/** Tokens that each of a key's quotas has spent in its present cycle; of all these keys at one moment. */
export const spentQuotas = async (
  usage: UsageReads,
  account: AccountId,
  keys: readonly Key[],
  now: Date,
): Promise<readonly (readonly number[])[]> => {
  const windows = keys.flatMap(({ provider, id, limits }) =>
    limits.tokenQuotas.map((quota) => ({
      counter: counterOf({ name: `${provider}/${id}` }, { kind: quota.cycle }),
      window: cycleOf(quota, now.getTime()).id,
    })),
  );
  const spent = windows.length === 0 ? [] : [...(await usage.spent(account, windows))];
  return keys.map(({ limits }) => spent.splice(0, limits.tokenQuotas.length));
};
