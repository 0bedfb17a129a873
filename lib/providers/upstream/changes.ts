import { Refusal } from "../../errors.ts";
import type { Caller } from "../caller.ts";
import { UpstreamFailure } from "./failure.ts";
import { type Intent, isStalled } from "./intents.ts";
import type { Done, OnceLedger } from "./once.ts";
import { outcomeUnknown, refusalOf } from "./refusal.ts";

/** What a look at the real system says of a call whose answer was lost. */
export type Settled<T> = { readonly done: T } | "not_done" | "unknown";

export interface Steps<T> {
  readonly operation: string;
  /** The key's id; of a creation its name. */
  readonly about: string;
  /** The key as it was, where it cannot be read afterwards. */
  readonly before?: Intent["before"];
  readonly act: () => Promise<T>;
  readonly settle: (failure: UpstreamFailure, intent: Intent) => Promise<Settled<T>>;
  readonly ending: (done: T) => Done;
}

/**
 * A change of a key that another system keeps. The intent is written before that system hears of it and the outcome
 * after it, so that a crash at any point leaves a trace to go on from; and what is not certain is never done twice.
 */
export const change = async <T>(
  caller: Caller,
  provider: string,
  ledger: OnceLedger,
  clock: () => Date,
  steps: Steps<T>,
): Promise<T> => {
  const finish = async (intent: Intent, done: T): Promise<T> => {
    await ledger.finish(caller, intent, steps.ending(done));
    return done;
  };
  const unknownOutcome = (failure: UpstreamFailure): Refusal =>
    outcomeUnknown(provider, failure, `The call to ${steps.operation} a key was sent.`);
  /** A look that fails finds out nothing. */
  const settle = async (failure: UpstreamFailure, intent: Intent): Promise<Settled<T>> => {
    try {
      return await steps.settle(failure, intent);
    } catch (error) {
      if (error instanceof UpstreamFailure) return "unknown";
      throw error;
    }
  };
  const act = async (intent: Intent): Promise<T> => {
    try {
      return await finish(intent, await steps.act());
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      const settled = error.kind === "unknown" ? await settle(error, intent) : "not_done";
      if (typeof settled === "object") return finish(intent, settled.done);
      if (settled === "not_done") {
        await ledger.end(caller, intent, { type: "refused", word: error });
        throw refusalOf(error, provider);
      }
      await ledger.end(caller, intent, { type: "unknown", word: error });
      throw unknownOutcome(error);
    }
  };

  const intent = await ledger.begin(caller, steps);
  if (!intent.resumed) return act(intent);
  const isOver = isStalled(intent, clock());
  const failure = isOver ? stalled : interrupted;
  const settled = await settle(failure, intent);
  if (typeof settled === "object") return finish(intent, settled.done);
  // Only what certainly did not happen is done again, and nothing that may still be on its way.
  if (isOver && settled === "not_done") return act(await ledger.restart(caller, intent));
  await ledger.end(caller, intent, { type: "unknown", word: failure });
  if (isOver) throw unknownOutcome(failure);
  throw new Refusal(
    "idempotency_in_flight",
    "An earlier call with this `Idempotency-Key` has no known outcome yet. Try again in a minute.",
  );
};

const earlier = (code: string): UpstreamFailure =>
  new UpstreamFailure({ kind: "unknown", code, requestId: null, status: 0 });
/** Of an earlier try, in this process or another, that ended without a word; it may still be on its way. */
const interrupted = earlier("interrupted");
/** Of one that cannot be on its way any more. */
const stalled = earlier("stalled");

export const hasStalled = (failure: UpstreamFailure): boolean => failure === stalled;

/**
 * What became of a change that may be sent twice without harm: done when a look shows the key as it should be, else it
 * is sent once more.
 */
export const settleRepeatable =
  <T>(look: () => Promise<T | undefined>, again: () => Promise<unknown>) =>
  async (): Promise<Settled<T>> => {
    for (const act of [undefined, again, undefined]) {
      try {
        await act?.();
        const done = await look();
        if (done !== undefined) return { done };
      } catch (error) {
        if (!(error instanceof UpstreamFailure)) throw error;
        if (error.kind === "answered" && act === again) return "not_done";
      }
    }
    return "unknown";
  };

/** It ended its work with a fault of its own, so nothing is on its way any more; a gateway in between cannot know. */
export const saidItFailed = ({ status, code }: UpstreamFailure): boolean =>
  status === 500 || (status === 200 && code !== "reply_unreadable");

/** A look after a change that was carried out: whatever it fails by, the change is not undone. */
export const lookAfter = async <T>(look: Promise<T>): Promise<T> => {
  try {
    return await look;
  } catch (error) {
    if (!(error instanceof UpstreamFailure)) throw error;
    const { code, requestId, status } = error;
    throw new UpstreamFailure({ kind: "unknown", code, requestId, status });
  }
};

/** A system may say that it did what it was asked and not have done it: a dead key is one that is seen dead. */
export const seenAs = <T>(seen: T | undefined): T => {
  if (seen !== undefined) return seen;
  throw new UpstreamFailure({ kind: "unknown", code: "not_as_asked", requestId: null, status: 0 });
};

/** Runs changes of one thing one after the other, so that what one has checked still holds when it acts. */
export const openTurns = () => {
  const last = new Map<string, Promise<unknown>>();
  return <T>(name: string, run: () => Promise<T>): Promise<T> => {
    const before = last.get(name) ?? Promise.resolve();
    const mine = before.then(run, run);
    last.set(name, mine);
    const forget = (): void => {
      if (last.get(name) === mine) last.delete(name);
    };
    mine.then(forget, forget);
    return mine;
  };
};
