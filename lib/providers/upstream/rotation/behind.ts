import { Refusal } from "../../../errors.ts";
import type { Key } from "../../../schemas/key.ts";
import type { Store } from "../../../store/port/store.ts";
import type { Caller } from "../../caller.ts";
import { checkExpected, type Expected } from "../../expected.ts";
import { isOpen, type Rotation, readRotation } from "../../rotation.ts";
import { refused } from "../refusal.ts";
import type { SeenKey, System } from "../system.ts";
import { asKnown, type Generation, readGenerations } from "./generations.ts";

export interface BehindParts {
  readonly store: Store;
  readonly clock: () => Date;
  readonly system: System;
}

/** The keys of the real system behind an id of the facade, as calls of that id find and judge them. */
export interface Behind {
  find(caller: Caller, id: string): Promise<Generation | undefined>;
  known(generation: Generation | undefined, key: Key): Key;
  /** What is kept for a repeated call names the key as its caller does. */
  callerOf(caller: Caller, generation: Generation | undefined): Caller;
  /** The one that is under way. */
  rotationOf(caller: Caller, generation: Generation | undefined): Promise<Rotation | undefined>;
  readCurrent(
    caller: Caller,
    generation: Generation | undefined,
    id: string,
    expected: Expected,
  ): Promise<SeenKey>;
  /** A call that is refused because the key has changed leaves both of two keys as they are. */
  judge(caller: Caller, generation: Generation | undefined, id: string, expected: Expected): Promise<void>;
  /** A successor that is being made ready would miss what is changed now. */
  refusePrepared(caller: Caller, generation: Generation | undefined): Promise<void>;
}

/** A part of a call: the whole is what is kept for its repetition. */
export const withoutOnce = ({ once: _, ...caller }: Caller): Caller => caller;

export const current = (generation: Generation | undefined, id: string): string => generation?.current ?? id;

export const isPrepared = (rotation: Rotation | undefined): boolean =>
  rotation !== undefined && rotation.graceUntil === null;

export const underWay = (): Refusal =>
  new Refusal(
    "conflict",
    "A rotation of this key is under way: see GET /v1/rotations. Try again when it is further.",
  );

export const openBehind = (name: string, { store, clock, system }: BehindParts): Behind => {
  const find: Behind["find"] = async (caller, id) => {
    const all = await readGenerations(store, caller.account.id, name);
    // What the real system calls it is no name of the facade's: two names would be two keys in every list.
    if (all.isHidden(id)) throw new Refusal("not_found", "The specified key does not exist.");
    return all.of(id);
  };

  const known: Behind["known"] = (generation, key) =>
    generation === undefined ? key : asKnown(key, generation, clock());

  const callerOf: Behind["callerOf"] = (caller, generation) => {
    const { once } = caller;
    if (once === undefined || generation === undefined) return caller;
    return {
      ...caller,
      once: {
        ...once,
        outcome: ({ reply, secret }) => {
          const key = reply.key === undefined ? {} : { key: known(generation, reply.key as Key) };
          return once.outcome({
            reply: { ...reply, ...key },
            secret: secret && { ...secret, id: generation.key },
          });
        },
      },
    };
  };

  const rotationOf: Behind["rotationOf"] = async (caller, generation) => {
    const id = generation?.rotation ?? null;
    const rotation = id === null ? undefined : await readRotation(store, caller.account.id, id);
    return rotation !== undefined && isOpen(rotation) ? rotation : undefined;
  };

  const readCurrent: Behind["readCurrent"] = async (caller, generation, id, expected) => {
    const seen = await system.read(caller, current(generation, id)).catch(refused(name));
    checkExpected(seen.key, expected);
    return seen;
  };

  const judge: Behind["judge"] = async (caller, generation, id, expected) => {
    if (expected === null || generation === undefined || generation.others.length === 0) return;
    await readCurrent(caller, generation, id, expected);
  };

  const refusePrepared: Behind["refusePrepared"] = async (caller, generation) => {
    if (isPrepared(await rotationOf(caller, generation))) throw underWay();
  };

  return { find, known, callerOf, rotationOf, readCurrent, judge, refusePrepared };
};
