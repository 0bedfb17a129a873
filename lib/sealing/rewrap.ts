import type { WrappedKey } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { MasterKeyFault, type MasterKeys } from "./master.ts";

const batch = 100;

export type Progress = (done: number) => void;

export interface Rewrapped {
  readonly masterId: string;
  readonly rewrapped: number;
}

/**
 * Wraps every key by the current master key. Sealed data stays as it is: only the wrappings change. Servers may run
 * meanwhile, if the new master key serves them too; when this is done, they need the old one no more, only backups do.
 * After a crash, the next run goes on.
 */
export const rewrapAll = async (store: Store, master: MasterKeys, progress: Progress): Promise<Rewrapped> => {
  const masterId = await master.currentId();
  const byMaster = ({ masterId: from, wrapped, ...context }: WrappedKey): Promise<string> =>
    master.rewrap(from, wrapped, context, masterId);

  // Tried on one before the store asks for it: with a master key that refuses, no new account could be served.
  const [first] = await store.listWrappedByOthers(masterId, 1);
  if (first !== undefined) await byMaster(first);
  // From here on new keys are wrapped by the current master key.
  await store.setMasterId(masterId);

  let rewrapped = 0;
  for (;;) {
    const rows = await store.listWrappedByOthers(masterId, batch);
    if (rows.length === 0) break;
    await store.rewrap(
      await Promise.all(
        rows.map(async (row) => ({
          row: { ...row, masterId, wrapped: await byMaster(row) },
          from: row.masterId,
        })),
      ),
    );
    rewrapped += rows.length;
    progress(rewrapped);
  }

  if ((await store.readMasterId()) !== masterId) {
    throw new MasterKeyFault(
      "Somebody else moved the store to another master key meanwhile. Keep all master keys, and run this again.",
    );
  }
  return { masterId, rewrapped };
};
