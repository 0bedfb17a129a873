import type { House } from "../house.ts";
import type { Environment } from "./config.ts";
import { type Secrets, SecretsAway } from "./secrets.ts";

/** The house of a function's process, in which one call comes after the other. */
export interface KeptHouse {
  /** At the beginning of a call: opened by the first one, and anew where a secret was replaced. */
  begin(): Promise<House>;
  /** For the rest of that call. */
  current(): Promise<House>;
}

interface Held {
  readonly house: House;
  readonly secrets: Secrets;
  readonly readAt: number;
}

/** A secret that was replaced is gone from a process that lives after so long, as KMS keys that were disabled are. */
const freshMs = 300_000;

/** What failed to open is the platform's error, seen by its alarms, and is tried again by the next call. */
export const keepHouse = (
  read: () => Promise<Secrets>,
  open: (values: Environment) => Promise<House>,
  now: () => number,
): KeptHouse => {
  let held: Promise<Held> | undefined;

  const opened = async (secrets: Secrets): Promise<Held> => ({
    secrets,
    readAt: now(),
    house: await open(secrets.values),
  });

  const renewed = async (before: Held): Promise<Held> => {
    const { house, secrets, readAt } = before;
    if (secrets.text === null || Math.abs(now() - readAt) < freshMs) return before;
    const found = await read().catch(async (error: unknown) => {
      if (error instanceof SecretsAway) {
        house.log({ level: "warning", message: "secrets could not be read again", error: error.message });
        return secrets;
      }
      await house.close();
      throw error;
    });
    if (found.text === secrets.text) return { ...before, readAt: now() };
    // What it has counted is written.
    await house.close();
    return opened(found);
  };

  const begin = async (): Promise<House> => {
    held = (held === undefined ? read().then(opened) : held.then(renewed)).catch((error: unknown) => {
      held = undefined;
      throw error;
    });
    return (await held).house;
  };

  return { begin, current: async () => (held === undefined ? begin() : (await held).house) };
};
