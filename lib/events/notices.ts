import type { AccountId } from "../schemas/key.ts";
import type { Store } from "../store/port/store.ts";

/** Who wants to know of new events at once. */
export interface Notices {
  readonly store: Store;
  listen(told: (account: AccountId) => void): void;
}

/** A commit with events is told after it stands, so that in this process nobody has to look for it by the clock. */
export const openNotices = (store: Store): Notices => {
  let tell: ((account: AccountId) => void) | undefined;
  return {
    store: {
      ...store,
      commit: async (unit) => {
        const head = await store.commit(unit);
        if (unit.events.length > 0) tell?.(unit.account);
        return head;
      },
    },
    listen: (told) => {
      tell = told;
    },
  };
};
