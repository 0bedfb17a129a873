import type { Store } from "../store/port.ts";
import { fileMasterKeys, MasterKeyFault, newMasterKey, readKeyring, replaceKeyring } from "./master-file.ts";
import { unwrapKey, wrapContext } from "./vault.ts";

const batch = 100;

type Progress = (done: number) => void;

interface Rotated {
  readonly masterId: string;
  readonly rewrapped: number;
}

/**
 * Wraps every key by a new master key and forgets the old one. Sealed data stays as it is: only the wrappings change.
 * Servers may run meanwhile; of rotations and restores, one at a time. After a crash, the next run goes on with the key
 * that is current in the file.
 */
export const rotateMaster = (store: Store, file: string, progress: Progress): Promise<Rotated> => {
  const { current, keys } = ringOf(file);
  if (Object.keys(keys).length === 1) {
    const made = newMasterKey();
    replaceKeyring(file, { current: made.id, keys: { [current]: keys[current] ?? "", [made.id]: made.key } });
  }
  return settleMaster(store, file, progress);
};

/** Wraps every key by the file's current master key, and drops the others from the file. */
export const settleMaster = async (store: Store, file: string, progress: Progress): Promise<Rotated> => {
  const { current } = ringOf(file);
  // From here on new keys are wrapped by the current master key; the file had it before the store asks for it.
  await store.setMasterId(current);

  const master = fileMasterKeys(file);
  let rewrapped = 0;
  for (;;) {
    const rows = await store.listWrappedByOthers(current, batch);
    if (rows.length === 0) break;
    await store.rewrap(
      await Promise.all(
        rows.map(async (row) => {
          const key = await unwrapKey(master, row);
          const wrapped = await master.wrap(current, key, wrapContext(row));
          key.fill(0);
          return { row: { ...row, masterId: current, wrapped }, from: row.masterId };
        }),
      ),
    );
    rewrapped += rows.length;
    progress(rewrapped);
  }

  // A key is dropped only when nothing can name it any more, in the file and the store as they are now.
  const kept = ringOf(file);
  const key = kept.keys[current];
  if (kept.current !== current || key === undefined || (await store.readMasterId()) !== current) {
    throw new MasterKeyFault(
      `Somebody else changed ${file} meanwhile. Nothing was dropped from it; run this again.`,
    );
  }
  replaceKeyring(file, { current, keys: { [current]: key } });
  return { masterId: current, rewrapped };
};

const ringOf = (file: string): NonNullable<ReturnType<typeof readKeyring>> => {
  const ring = readKeyring(file);
  if (ring === undefined) throw new MasterKeyFault(`There is no master key ${file}.`);
  return ring;
};
