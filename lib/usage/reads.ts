import { counterOf } from "../keys/budget.ts";
import { cycleOf } from "../keys/window.ts";
import type { AccountId, Key, ServiceName } from "../schemas/key.ts";
import type { Store, UsageQuery, UsageRow } from "../store/port.ts";

/** What was counted, as every door reads it. */
export interface UsageReads {
  /** With what this process has in memory; of other processes a second may be missing. */
  read(query: UsageQuery): Promise<readonly UsageRow[]>;
  /** Tokens that each of a key's quotas has spent in its present cycle; of all these keys at one moment. */
  spent(account: AccountId, keys: readonly Key[], now: Date): Promise<readonly (readonly number[])[]>;
  /** Names of keys by their ids: of deleted ones, too. */
  keyNames(
    account: AccountId,
    service: ServiceName,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;
}

export const openUsageReads = (store: Store, flush: () => Promise<void>): UsageReads => ({
  read: async (query) => {
    await flush();
    return store.readUsage(query);
  },
  keyNames: (account, service, ids) => store.readKeyNames(account, service, ids),
  spent: async (account, keys, now) => {
    const windows = keys.flatMap(({ provider, id, limits }) =>
      limits.tokenQuotas.map((quota) => ({
        counter: counterOf({ name: `${provider}/${id}` }, { kind: quota.cycle }),
        window: cycleOf(quota, now.getTime()).id,
      })),
    );
    const spent = windows.length === 0 ? [] : [...(await store.readSpent(account, windows))];
    return keys.map(({ limits }) => spent.splice(0, limits.tokenQuotas.length));
  },
});
