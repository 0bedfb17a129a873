import { afterAll, beforeAll } from "vitest";
import type { Store } from "../../../lib/store/port/store.ts";

export interface OpenedStore {
  readonly store: Store;
  /** Closes the store and opens what it wrote anew. */
  reopen(): Promise<Store>;
  close(): Promise<void>;
  /** Forgets what was over before `now`, by whatever does that where this store stands. */
  forget(now: string): Promise<void>;
}

/** Opens an empty store. */
export type OpenStore = () => Promise<OpenedStore>;

/** One store for the tests of a file: each takes accounts of its own. */
export interface SharedStore {
  (): Store;
  readonly forget: OpenedStore["forget"];
}

export const sharedStore = (open: OpenStore): SharedStore => {
  let opened: OpenedStore | undefined;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());
  const present = (): OpenedStore => {
    if (opened === undefined) throw new Error("the store is not open yet");
    return opened;
  };
  return Object.assign(() => present().store, { forget: (now: string) => present().forget(now) });
};

/** For what is the store's and not an account's. */
export const withStore = async (
  open: OpenStore,
  run: (opened: OpenedStore) => Promise<void>,
): Promise<void> => {
  const opened = await open();
  try {
    await run(opened);
  } finally {
    await opened.close();
  }
};
