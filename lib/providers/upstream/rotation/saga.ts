import { errorTable, Refusal } from "../../../errors.ts";
import { type EventDraft, type Store, StoreRefusal } from "../../../store/port.ts";
import type { Caller, Outcome } from "../../caller.ts";
import type { RevealedKey } from "../../embedded.ts";
import { isOpen, type OpenStep, type Rotation, toldRotation } from "../../rotation.ts";
import { UpstreamFailure } from "../failure.ts";
import { reached } from "../points.ts";
import { refusalOf } from "../refusal.ts";
import { revealed, type Secrets } from "../secrets.ts";
import type { SeenKey, System } from "../system.ts";
import { beginning, type Order } from "./begin.ts";
import { asKnown } from "./generations.ts";
import type { Move, Moves } from "./moves.ts";
import { ending, inUse, standing } from "./standing.ts";
import type { RotationCalls } from "./steps.ts";

interface SagaParts {
  readonly provider: string;
  readonly store: Store;
  readonly clock: () => Date;
  readonly uuid: () => string;
  readonly system: System;
  readonly secrets: Secrets;
  readonly calls: RotationCalls;
  readonly moves: Moves;
}

export interface Saga {
  /** Writes down what is to be done, before anything of it is. */
  begin(caller: Caller, order: Order): Promise<Rotation>;
  /** Goes on as far as can be gone now. Whatever the steps fail by stands in the rotation, and is thrown to who waits. */
  advance(caller: Caller, from: Rotation): Promise<Rotation>;
  /** As `advance`, for nobody who waits. */
  advanceQuietly(caller: Caller, from: Rotation): Promise<void>;
  /** Takes the successor away again; undefined where the old key is ended already. */
  cancel(caller: Caller, from: Rotation): Promise<Rotation | undefined>;
  /** Ends the grace now. */
  finish(caller: Caller, from: Rotation): Promise<Rotation>;
  /** The new secret under the id that callers know. */
  answer(caller: Caller, rotation: Rotation): Promise<RevealedKey>;
}

const firstPauseMs = 10_000;
const pauseMaxMs = 3_600_000;
/** Before the successor is in use, so many failures are the end of it: the old key still is the key. */
const triesMax = 20;

export const openSaga = (parts: SagaParts): Saga => {
  const { provider, store, clock, uuid, system, secrets, calls, moves } = parts;

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

  const successorOf = ({ to }: Rotation): string => {
    if (to === null) throw new Error("a rotation without a successor has gone on");
    return to;
  };

  const steps: Readonly<Record<OpenStep, (caller: Caller, from: Rotation) => Promise<Rotation>>> = {
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
    const { id, name, status, version } = done.key;
    const data = { provider, id, name, status, rotation: from.id };
    const event: EventDraft = {
      id: uuid(),
      type: "key.rotated",
      time: now.toISOString(),
      subject: `${provider}/${id}`,
      version,
      data,
    };
    const { reply, secret } = secrets.outcomeOf(done);
    const writes = caller.once?.outcome({ reply: { ...reply, receipt: null }, secret }) ?? [];
    return moves.commit(caller, move, { writes, events: [event] });
  };

  const known = (rotation: Rotation, seen: SeenKey): RevealedKey => {
    const { key, material } = revealed(seen);
    const stands = { ...inUse(rotation), key: rotation.key, version: 0 };
    return { key: asKnown(key, stands, clock()), material };
  };

  const undo = async (
    caller: Caller,
    from: Rotation,
    undone: "cancelled" | "failed",
    told?: (rotation: Rotation) => Outcome,
  ): Promise<Rotation> => {
    const changes = { undone, ...(from.step === "create" ? {} : { step: "disable" as const }) };
    const move = await moves.draft(from, changes, {
      standing: standing(from).old,
      type: "rotation.undoing",
      // Whoever is at the creation now finds that it was taken; the next look goes on.
      due: clock(),
    });
    const writes = (told && caller.once?.outcome(told(move.rotation))) ?? [];
    return moves.commit(caller, move, { writes });
  };

  const isWaiting = ({ step, graceUntil, undone }: Rotation): boolean =>
    step === "overlap" && undone === null && graceUntil !== null && clock() < new Date(graceUntil);

  /** What a step failed by, written down; the rotation as it is then. */
  const troubled = async (caller: Caller, from: Rotation, refusal: Refusal): Promise<Rotation> => {
    const isPassing =
      errorTable[refusal.code].retryable ||
      refusal.code === "outcome_unknown" ||
      refusal.code === "upstream_credential_refused";
    const tries = from.tries + 1;
    if (from.step === "create" && !isPassing) {
      const move = await moves.draft(
        from,
        { step: from.undone ?? "failed", endedAt: clock().toISOString() },
        { standing: standing(from).none, type: "rotation.failed" },
      );
      return moves.commit(caller, { ...move, rotation: { ...move.rotation, trouble: refusal.code } });
    }
    if ((from.step === "bind" || from.step === "test") && (!isPassing || tries >= triesMax)) {
      return undo(caller, from, "failed");
    }
    const pause = Math.min(pauseMaxMs, firstPauseMs * 2 ** Math.min(from.tries, 10));
    return moves.postpone(from, { tries, trouble: refusal.code }, new Date(clock().getTime() + pause));
  };

  /** One step after the other, until there is nothing to do now. */
  const walk = async (
    caller: Caller,
    from: Rotation,
  ): Promise<{ readonly rotation: Rotation; readonly refusal?: Refusal }> => {
    let rotation = from;
    while (isOpen(rotation) && !isWaiting(rotation)) {
      try {
        reached(`before the step ${rotation.step}`);
        rotation = await steps[rotation.step as OpenStep](caller, rotation);
      } catch (error) {
        const refusal = error instanceof UpstreamFailure ? refusalOf(error, provider) : error;
        if (!(refusal instanceof Refusal)) throw error;
        return { rotation: await troubled(caller, rotation, refusal), refusal };
      }
    }
    return { rotation };
  };

  return {
    begin: async (caller, order) => {
      const { rotation, unit } = beginning(caller, order, { provider, now: clock(), uuid });
      await store.commit(unit);
      return rotation;
    },

    advance: async (caller, from) => {
      const { rotation, refusal } = await walk(caller, from).catch((error: unknown) => {
        throw error instanceof StoreRefusal ? moved(from) : error;
      });
      if (refusal === undefined) return rotation;
      if (!isOpen(rotation)) throw refusal;
      throw goesOn(rotation, refusal);
    },

    advanceQuietly: async (caller, from) => {
      const { rotation } = await walk(caller, from);
      // Looked at before its time: the lease is given back.
      if (isWaiting(rotation) && rotation.version === from.version) {
        await moves.postpone(rotation, {}, new Date(rotation.graceUntil ?? clock()));
      }
    },

    cancel: async (caller, from) => {
      const isEarly = from.step === "create" || from.step === "bind" || from.step === "test";
      if (from.undone !== null || (!isEarly && from.step !== "overlap")) return undefined;
      const told = (rotation: Rotation) => ({ reply: { rotation: toldRotation(rotation) }, secret: null });
      return undo(caller, from, "cancelled", told);
    },

    finish: async (caller, from) => {
      const graceUntil = clock().toISOString();
      const move = await moves.draft(
        from,
        { step: "disable", graceUntil },
        { standing: standing(from).overlap(graceUntil), type: "rotation.advanced" },
      );
      return moves.commit(caller, move);
    },

    answer: async (caller, rotation) => known(rotation, await system.read(caller, successorOf(rotation))),
  };
};

const moved = ({ id }: Rotation): Refusal =>
  new Refusal(
    "conflict",
    `The rotation ${id} was taken further by another call meanwhile. Read it: GET /v1/rotations/${id}.`,
  );

const goesOn = ({ id, step, provider }: Rotation, { code, message, upstream }: Refusal): Refusal =>
  new Refusal(
    "outcome_unknown",
    `${message} The rotation ${id} on \`${provider}\` stands at \`${step}\` (${code}) and goes on by itself: GET /v1/rotations/${id}.`,
    upstream === undefined ? {} : { upstream },
  );
