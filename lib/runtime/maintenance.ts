import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../store/sqlite/lock.ts";

class MaintenanceFault extends Error {}

/** Rotations and restores exchange the master key's file: two at once could drop a key that the other needs. */
export const maintain = async <T>(folder: string, task: () => Promise<T>): Promise<T> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const held = await withLock(join(folder, "maintenance.lock"), task);
  if (held === undefined) {
    throw new MaintenanceFault(
      `Another rotation or restore of ${folder} is under way. Try again when it is done.`,
    );
  }
  return held.done;
};
