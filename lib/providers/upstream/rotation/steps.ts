import type { Caller, Outcome } from "../../caller.ts";
import type { RevealedKey } from "../../embedded.ts";
import type { OpenStep, Rotation } from "../../rotation.ts";
import { keyEvent } from "../key-event.ts";
import { revealed, type Secrets } from "../secrets.ts";
import type { SeenKey } from "../system.ts";
import type { RotationCalls } from "./calls.ts";
import { asKnown } from "./generations.ts";
import type { Move, Moves } from "./moves.ts";
import { ending, inUse, standing } from "./standing.ts";

export interface StepParts {
  readonly provider: string;
  readonly clock: () => Date;
  readonly uuid: () => string;
  readonly secrets: Secrets;
  readonly calls: RotationCalls;
  readonly moves: Moves;
}

/** What each step does at the real system, and the commit that it ends with. */
export interface RotationSteps {
  readonly table: Readonly<Record<OpenStep, (caller: Caller, from: Rotation) => Promise<Rotation>>>;
  /** The successor is to go; whoever is at the creation now finds it taken, and the next look goes on. */
  undo(
    caller: Caller,
    from: Rotation,
    undone: "cancelled" | "failed",
    told?: (rotation: Rotation) => Outcome,
  ): Promise<Rotation>;
  /** The successor under the id that callers know. */
  known(rotation: Rotation, seen: SeenKey): RevealedKey;
}

export const successorOf = ({ to }: Rotation): string => {
  if (to === null) throw new Error("a rotation without a successor has gone on");
  return to;
};

export const rotationSteps = ({ provider, clock, uuid, secrets, calls, moves }: StepParts): RotationSteps => {
  const advanced = (from: Rotation, step: OpenStep): Promise<Move> =>
    moves.draft(from, { step }, { standing: inUse(from), type: "rotation.advanced" });

  const ended = (from: Rotation): Promise<Move> => {
    const step = from.undone ?? "done";
    const after = from.undone === null ? standing(from).new : standing(from).none;
    const type = (
      { done: "rotation.finished", cancelled: "rotation.cancelled", failed: "rotation.failed" } as const
    )[step];
    return moves.draft(from, { step, endedAt: clock().toISOString() }, { standing: after, type });
  };

  const table: RotationSteps["table"] = {
    create: async (caller, from) => {
      let made: Move | undefined;
      await calls.create(caller, from, async (to) => {
        const withTo = { ...from, to };
        const step = from.undone === null ? "bind" : "disable";
        made = await moves.draft(
          from,
          { to, step },
          { standing: standing(withTo).old, type: "rotation.advanced" },
        );
        return made;
      });
      if (made === undefined) throw new Error("a successor was made without a commit");
      return made.rotation;
    },

    bind: async (caller, from) => {
      await calls.bind(caller, from, successorOf(from));
      return moves.commit(caller, await advanced(from, "test"));
    },

    test: async (caller, from) => {
      const seen = await calls.test(caller, from, successorOf(from));
      if (seen === undefined) return undo(caller, from, "failed");
      return takeOver(caller, from, seen);
    },

    overlap: async (caller, from) => moves.commit(caller, await advanced(from, "disable")),

    disable: async (caller, from) => {
      const move = await advanced(from, "unbind");
      return (await calls.disable(caller, from, ending(from), move))
        ? move.rotation
        : moves.commit(caller, move);
    },

    unbind: async (caller, from) => {
      await calls.unbind(caller, ending(from));
      return moves.commit(caller, await advanced(from, "delete"));
    },

    delete: async (caller, from) => {
      const move = await ended(from);
      return (await calls.remove(caller, from, ending(from), move))
        ? move.rotation
        : moves.commit(caller, move);
    },
  };

  /** From this commit on the successor is the key, and the old one is in its grace. */
  const takeOver = async (caller: Caller, from: Rotation, seen: SeenKey): Promise<Rotation> => {
    const now = clock();
    const graceUntil = new Date(now.getTime() + from.graceSeconds * 1000).toISOString();
    const step = from.graceSeconds === 0 ? "disable" : "overlap";
    const move = await moves.draft(
      from,
      { step, graceUntil },
      {
        standing: standing(from).overlap(graceUntil),
        type: "rotation.overlapping",
        ...(step === "overlap" && { due: new Date(graceUntil) }),
      },
    );
    const done = known(move.rotation, seen);
    const { id, name, status } = done.key;
    const data = { provider, id, name, status, rotation: from.id };
    const event = keyEvent(uuid, "key.rotated", data, now.toISOString());
    const { reply, secret } = secrets.outcomeOf(done);
    const writes = caller.once?.outcome({ reply: { ...reply, receipt: null }, secret }) ?? [];
    return moves.commit(caller, move, { writes, events: [event] });
  };

  const known = (rotation: Rotation, seen: SeenKey): RevealedKey => {
    const { key, material } = revealed(seen);
    const stands = { ...inUse(rotation), key: rotation.key, version: 0 };
    return { key: asKnown(key, stands, clock()), material };
  };

  const undo: RotationSteps["undo"] = async (caller, from, undone, told) => {
    const changes = { undone, ...(from.step === "create" ? {} : { step: "disable" as const }) };
    const move = await moves.draft(from, changes, {
      standing: standing(from).old,
      type: "rotation.undoing",
      due: clock(),
    });
    const writes = (told && caller.once?.outcome(told(move.rotation))) ?? [];
    return moves.commit(caller, move, { writes });
  };

  return { table, undo, known };
};
