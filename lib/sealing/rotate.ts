import type { Store } from "../store/port.ts";
import { fileMasterKeys, MasterKeyFault, newMasterKey, readKeyring, replaceKeyring } from "./master-file.ts";
import { unwrapKey, wrapContext } from "./vault.ts";

const batch = 100;

/**
 * Wraps every key by a new master key and forgets the old one. Sealed data stays as it is: only the wrappings change.
 * Servers may run meanwhile. After a crash, the next run goes on with the key that is current in the file.
 */
export const rotateMaster = async (
  store: Store,
  file: string,
  progress: (done: number) => void,
): Promise<{ readonly masterId: string; readonly rewrapped: number }> => {
  const ring = readKeyring(file);
  if (ring === undefined) throw new MasterKeyFault(`There is no master key ${file}.`);
  let { current, keys } = ring;
  if (Object.keys(keys).length === 1) {
    const made = newMasterKey();
    current = made.id;
    keys = { ...keys, [made.id]: made.key };
    replaceKeyring(file, { current, keys });
  }
  // From here on new keys are wrapped by the new master key; the file had it before the store asks for it.
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

  const kept = keys[current];
  if (kept === undefined) throw new MasterKeyFault(`The master key ${file} lost its current key.`);
  replaceKeyring(file, { current, keys: { [current]: kept } });
  return { masterId: current, rewrapped };
};
