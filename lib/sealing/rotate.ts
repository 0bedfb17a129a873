import type { Store } from "../store/port/store.ts";
import { MasterKeyFault } from "./master.ts";
import { fileMasterKeys, newMasterKey, readKeyring, replaceKeyring } from "./master-file.ts";
import { type Progress, type Rewrapped, rewrapAll } from "./rewrap.ts";

/**
 * Wraps every key by a new master key in the file and forgets the old one. Servers may run meanwhile; of rotations and
 * restores, one at a time. After a crash, the next run goes on with the key that is current in the file.
 */
export const rotateMaster = (store: Store, file: string, progress: Progress): Promise<Rewrapped> => {
  const { current, keys } = ringOf(file);
  if (Object.keys(keys).length === 1) {
    const made = newMasterKey();
    replaceKeyring(file, { current: made.id, keys: { [current]: keys[current] ?? "", [made.id]: made.key } });
  }
  return settleMaster(store, file, progress);
};

/** Wraps every key by the file's current master key, and drops the others from the file. */
export const settleMaster = async (store: Store, file: string, progress: Progress): Promise<Rewrapped> => {
  const done = await rewrapAll(store, fileMasterKeys(file), progress);
  // A key is dropped only when nothing can name it any more, in the file as it is now.
  const { current, keys } = ringOf(file);
  const key = keys[current];
  if (current !== done.masterId || key === undefined) {
    throw new MasterKeyFault(
      `Somebody else changed ${file} meanwhile. Nothing was dropped from it; run this again.`,
    );
  }
  replaceKeyring(file, { current, keys: { [current]: key } });
  return done;
};

const ringOf = (file: string): NonNullable<ReturnType<typeof readKeyring>> => {
  const ring = readKeyring(file);
  if (ring === undefined) throw new MasterKeyFault(`There is no master key ${file}.`);
  return ring;
};
