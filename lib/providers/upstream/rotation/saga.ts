import { errorTable, Refusal } from "../../../errors.ts";
import type { Store } from "../../../store/port/store.ts";
import { StoreRefusal } from "../../../store/port/unit.ts";
import type { Caller } from "../../caller.ts";
import type { RevealedKey } from "../../embedded.ts";
import { isOpen, type OpenStep, type Rotation, toldRotation } from "../../rotation.ts";
import { UpstreamFailure } from "../failure.ts";
import { reached } from "../points.ts";
import { refusalOf } from "../refusal.ts";
import type { System } from "../system.ts";
import { beginning, type Order } from "./begin.ts";
import { standing } from "./standing.ts";
import { rotationSteps, type StepParts, successorOf } from "./steps.ts";

interface SagaParts extends StepParts {
  readonly store: Pick<Store, "commit">;
  readonly system: System;
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
  const { provider, store, clock, uuid, system, moves } = parts;
  const { table, undo, known } = rotationSteps(parts);

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
      const step = from.undone ?? "failed";
      const move = await moves.draft(
        from,
        { step, endedAt: clock().toISOString(), trouble: refusal.code },
        {
          standing: standing(from).none,
          type: step === "cancelled" ? "rotation.cancelled" : "rotation.failed",
          // The real system said no, and made nothing: the call is refused, and there was no rotation. One that was put
          // off has been told of, and stays.
          isWithdrawn: from.undone === null && from.tries === 0 && refusal.upstream !== undefined,
        },
      );
      return moves.commit(caller, move);
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
        rotation = await table[rotation.step as OpenStep](caller, rotation);
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
