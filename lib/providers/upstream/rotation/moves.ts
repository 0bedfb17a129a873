import type { EventDraft } from "../../../store/port/records.ts";
import type { Store } from "../../../store/port/store.ts";
import type { Write } from "../../../store/port/unit.ts";
import { auditDraft, type Caller } from "../../caller.ts";
import { nextRotation, type Rotation, withdrawRotation } from "../../rotation.ts";
import { keyEvent } from "../key-event.ts";
import { reached } from "../points.ts";
import { type Generation, generationWrite, readGenerations } from "./generations.ts";

export interface MoveParts {
  readonly store: Store;
  readonly clock: () => Date;
  readonly uuid: () => string;
  readonly provider: string;
}

/** A process that has taken a rotation is waited for so long before another one takes it up. */
export const heldMs = 120_000;

/** What a rotation comes to, as it stands in one commit. */
export interface Move {
  readonly rotation: Rotation;
  readonly writes: readonly Write[];
  readonly event: EventDraft;
}

type Standing = Pick<Generation, "current" | "others" | "graceUntil" | "rotation">;

export interface Moves {
  /**
   * `due` is when the next step is to be looked at; what is not said is the caller's to go on with now. `isWithdrawn`:
   * nothing is left of it but its events and entries.
   */
  draft(
    from: Rotation,
    changes: Partial<Rotation>,
    more: {
      readonly standing: Standing | null;
      readonly type: EventDraft["type"];
      readonly due?: Date;
      readonly isWithdrawn?: boolean;
    },
  ): Promise<Move>;
  commit(caller: Caller, move: Move, besides?: Besides): Promise<Rotation>;
  /** Without a word to anybody: tries that failed, or a lease that is given back. */
  postpone(from: Rotation, changes: Partial<Rotation>, due: Date): Promise<Rotation>;
}

interface Besides {
  readonly writes?: readonly Write[];
  readonly events?: readonly EventDraft[];
}

export const openMoves = ({ store, clock, uuid, provider }: MoveParts): Moves => ({
  draft: async (from, changes, { standing, type, due, isWithdrawn = false }) => {
    const { account, key } = from;
    const now = clock();
    const isEnded = changes.endedAt !== undefined && changes.endedAt !== null;
    const next = nextRotation(
      from,
      { tries: 0, trouble: null, ...changes },
      isEnded ? null : (due ?? new Date(now.getTime() + heldMs)),
    );
    const before = (await readGenerations(store, account, provider)).of(key);
    const { id, step, to, graceUntil, undone, trouble } = next.rotation;
    const write = isWithdrawn ? withdrawRotation(from) : next.write;
    return {
      rotation: next.rotation,
      writes: [write, ...generationWrite({ account, provider, key }, before, standing)],
      event: keyEvent(
        uuid,
        type,
        {
          ...{ provider, id: key, rotation: id, step },
          ...{ currentId: standing?.current ?? key, to, graceUntil, undone, trouble },
        },
        now.toISOString(),
      ),
    };
  },

  commit: async (caller, { rotation, writes, event }, besides = {}) => {
    const { id, key, step } = rotation;
    await store.commit({
      account: rotation.account,
      writes: [...(besides.writes ?? []), ...writes],
      audit: {
        ...auditDraft(caller, `${provider}/${key}`, event.time),
        details: { rotation: id, step, request: caller.details() },
      },
      events: [...(besides.events ?? []), event],
    });
    reached(`after the commit of ${step}`);
    return rotation;
  },

  postpone: async (from, changes, due) => {
    const { rotation, write } = nextRotation(from, changes, due);
    await store.progress([write]);
    return rotation;
  },
});
