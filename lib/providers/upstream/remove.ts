import type { Kept } from "../../receipts/receipt.ts";
import type { Caller } from "../caller.ts";
import type { Dialect } from "../dialect.ts";
import { lookAfter, type Steps, seenAs, settleRepeatable } from "./changes.ts";
import { isMissing, UpstreamFailure } from "./failure.ts";
import type { Intent } from "./intents.ts";
import type { Stop } from "./killing.ts";
import type { Done } from "./once.ts";
import type { System } from "./system.ts";

interface Parts {
  readonly system: System;
  readonly dialect: Dialect;
}

type Removable = NonNullable<Intent["before"]> & { readonly id: string; readonly isGone: boolean };

export const isGone = async (system: System, caller: Caller, id: string): Promise<boolean> => {
  try {
    await system.read(caller, id);
    return false;
  } catch (error) {
    if (error instanceof UpstreamFailure && isMissing(error)) return true;
    throw error;
  }
};

/** A key that is to go: as it is now, or as an earlier try of the same call saw it that stopped when it was gone. */
export const findRemovable = async (
  system: System,
  caller: Caller,
  id: string,
  earlier: Intent | undefined,
): Promise<Removable> => {
  if (earlier?.before && (await isGone(system, caller, id))) return { ...earlier.before, id, isGone: true };
  const { name, status, version } = (await system.read(caller, id)).key;
  return { name, status, version, id, isGone: false };
};

/** `as` is what is made of the moment in which it is seen to be gone. */
export const removing = <T>(
  { system, dialect }: Parts,
  caller: Caller,
  key: Removable,
  as: () => T,
  more: (done: T) => Pick<Done, "once" | "kept" | "part">,
): Steps<T> => {
  const { remove } = dialect;
  if (remove === undefined) throw new Error("a deletion was not refused");
  const { id, name, status, version } = key;
  const gone = async (): Promise<T | undefined> => ((await isGone(system, caller, id)) ? as() : undefined);
  const send = (): Promise<void> => system.ask(caller, remove(id), false, () => undefined);
  return {
    operation: "delete",
    about: id,
    before: { name, status, version },
    act: async () => {
      await send();
      return seenAs(await lookAfter(gone()));
    },
    settle: settleRepeatable(gone, send),
    ending: (done) => ({ type: "removed", key: { id, name, status, version }, ...more(done) }),
  };
};

export const removal = (parts: Parts, caller: Caller, key: Removable, stop: Stop): Steps<Kept> =>
  removing(parts, caller, key, stop, (kept) => ({
    once: { reply: { receipt: kept.receipt }, secret: null },
    kept,
  }));
