import type { Key, KeyStatus } from "../../schemas/key.ts";
import type { Caller } from "../caller.ts";
import type { Dialect } from "../dialect.ts";
import { lookAfter, type Steps, seenAs, settleRepeatable } from "./changes.ts";
import type { Stop, Stopped } from "./killing.ts";
import type { System } from "./system.ts";

interface Parts {
  readonly system: System;
  readonly dialect: Dialect;
}

/** `as` is what is made of the key at the moment in which it is seen to be as it was asked. */
const statusChange = <T>(
  { system, dialect }: Parts,
  caller: Caller,
  id: string,
  status: KeyStatus,
  as: (key: Key) => T,
  ending: Steps<T>["ending"],
): Steps<T> => {
  if (dialect.setStatus === undefined) throw new Error("a status that no call sets was not refused");
  const call = dialect.setStatus(id, status);
  const set = (): Promise<void> => system.ask(caller, call, false, () => undefined);
  const look = async (): Promise<T | undefined> => {
    const { key } = await system.read(caller, id);
    return key.status === status ? as(key) : undefined;
  };
  return {
    operation: status === "enabled" ? "enable" : "disable",
    about: id,
    act: async () => {
      await set();
      return seenAs(await lookAfter(look()));
    },
    settle: settleRepeatable(look, set),
    ending,
  };
};

/** To the end of a key, with the receipt of it. */
export const disabling = (parts: Parts, caller: Caller, id: string, stop: Stop): Steps<Stopped> =>
  statusChange(
    parts,
    caller,
    id,
    "disabled",
    (key): Stopped => ({ key, kept: stop() }),
    ({ key, kept }) => ({
      type: "done",
      event: "key.disabled",
      key,
      kept,
      once: { reply: { key, receipt: kept.receipt }, secret: null },
    }),
  );

export const enabling = (parts: Parts, caller: Caller, id: string): Steps<Key> =>
  statusChange(
    parts,
    caller,
    id,
    "enabled",
    (key) => key,
    (key) => ({ type: "done", event: "key.enabled", key, once: { reply: { key }, secret: null } }),
  );
