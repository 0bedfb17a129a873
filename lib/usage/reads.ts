import type { AccountId, ServiceName } from "../schemas/key.ts";
import type { Store } from "../store/port/store.ts";
import type { UsageQuery, UsageRow } from "../store/port/usage.ts";

/** What was counted, as every door reads it. */
export interface UsageReads {
  /** With what this process has in memory; of other processes a second may be missing. */
  read(query: UsageQuery): Promise<readonly UsageRow[]>;
  /** Of each group over the whole range, without latencies; in bounds, however many names callers made up. */
  groups(query: UsageQuery): Promise<readonly UsageRow[]>;
  /** Spent in each of these windows: what the next call is held to, which is never behind. */
  readonly spent: Store["readSpent"];
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
  groups: async (query) => {
    await flush();
    return store.readUsageGroups(query);
  },
  spent: (account, windows) => store.readSpent(account, windows),
  keyNames: (account, service, ids) => store.readKeyNames(account, service, ids),
});
