import { Refusal } from "../../../errors.ts";
import type { Key } from "../../../schemas/key.ts";
import { type DocumentRecord, type Store, StoreRefusal } from "../../../store/port.ts";
import { type Caller, idempotencyInFlight, idempotencyMismatch } from "../../caller.ts";
import { checkExpected, type Expected } from "../../expected.ts";
import type { Provider, Renewal, RotatedKey } from "../../port.ts";
import { isOpen, parseRotation, type Rotation, readRotation } from "../../rotation.ts";
import { refused } from "../refusal.ts";
import type { SeenKey, System } from "../system.ts";
import { rotationCallKind } from "./begin.ts";
import {
  asKnown,
  type Generation,
  generationWrite,
  readGenerations,
  withoutCurrentId,
} from "./generations.ts";
import type { Saga } from "./saga.ts";

/** What ends a key takes the name by which its receipt shall call it, where callers know it by another one. */
export interface Inner extends Provider {
  disable(...args: [...Parameters<Provider["disable"]>, known?: string]): ReturnType<Provider["disable"]>;
  rotate(...args: [...Parameters<Provider["rotate"]>, known?: string]): ReturnType<Provider["rotate"]>;
  remove(...args: [...Parameters<Provider["remove"]>, known?: string]): ReturnType<Provider["remove"]>;
}

interface Begun {
  readonly call: DocumentRecord;
  /** Undefined for one that is not known any more. */
  readonly rotation: Rotation | undefined;
}

interface RotatingParts {
  readonly store: Store;
  readonly clock: () => Date;
  readonly uuid: () => string;
  readonly system: System;
  readonly saga: Saga;
  /** Whether a rotation is one with overlap; null where the real system does it itself. */
  readonly graceOf: (renewal: Renewal) => number | null;
  /** What the service has against giving this key another secret now. */
  readonly refuse: (key: Key, renewal: Renewal) => void;
  /** And against its end. */
  readonly refuseRemoval: (key: Key) => void;
}

/**
 * A real system whose keys cannot have two secrets: behind one id of the facade stand several keys of its own, one after
 * the other and, while a grace lasts, two at a time. What is asked of the id is asked of the one that is current; what
 * ends or restricts a key is asked of both, because both are open to whoever holds the old secret.
 */
export const rotatingProvider = (inner: Inner, parts: RotatingParts): Provider => {
  const { store, clock, uuid, system, saga, graceOf, refuse, refuseRemoval } = parts;
  const { name } = inner;

  const find = async (caller: Caller, id: string): Promise<Generation | undefined> => {
    const all = await readGenerations(store, caller.account.id, name);
    // What the real system calls it is no name of the facade's: two names would be two keys in every list.
    if (all.isHidden(id)) throw new Refusal("not_found", "The specified key does not exist.");
    return all.of(id);
  };

  const known = (generation: Generation | undefined, key: Key): Key =>
    generation === undefined ? key : asKnown(key, generation, clock());

  /** What is kept for a repeated call names the key as its caller does. */
  const callerOf = (caller: Caller, generation: Generation | undefined): Caller => {
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

  /** A part of a call: the whole is what is kept for its repetition. */
  const withoutOnce = ({ once: _, ...caller }: Caller): Caller => caller;

  const current = (generation: Generation | undefined, id: string): string => generation?.current ?? id;

  const rotationOf = async (
    caller: Caller,
    generation: Generation | undefined,
  ): Promise<Rotation | undefined> => {
    const id = generation?.rotation ?? null;
    const rotation = id === null ? undefined : await readRotation(store, caller.account.id, id);
    return rotation !== undefined && isOpen(rotation) ? rotation : undefined;
  };

  const isPrepared = (rotation: Rotation | undefined): boolean =>
    rotation !== undefined && rotation.graceUntil === null;

  /** Whether both keys are to work: of one that is being ended nobody wants it. */
  const areBothKept = (open: Rotation | undefined): boolean =>
    open !== undefined &&
    open.undone === null &&
    (open.graceUntil === null || (open.step === "overlap" && clock() < new Date(open.graceUntil)));

  /** Asks it of each that is there: one that is gone, here or at the real system, must not stand before the others. */
  const each = async (
    caller: Caller,
    ids: readonly string[],
    ask: (caller: Caller, id: string, key: Key) => Promise<unknown>,
  ): Promise<void> => {
    for (const id of ids) {
      try {
        await ask(withoutOnce(caller), id, await inner.read(caller, id));
      } catch (error) {
        if (!(error instanceof Refusal && error.code === "not_found")) throw error;
      }
    }
  };

  /**
   * A rotation that has begun meanwhile may have seen the old key before something was done to it; then its successor is
   * known afterwards.
   */
  const begunSince = async (caller: Caller, id: string, asked: readonly string[]): Promise<string[]> => {
    const now = await find(caller, id);
    return [...(now?.others ?? []), current(now, id)].filter((one) => !asked.includes(one));
  };

  const disableEach = (caller: Caller, ids: readonly string[], known: string): Promise<void> =>
    each(caller, ids, async (of, id, { status }) => {
      if (status !== "disabled") await inner.disable(of, id, null, known);
    });

  /** Ends a grace before its time: the old key is gone when this is answered. */
  const hurry = async (caller: Caller, open: Rotation): Promise<void> => {
    const of = withoutOnce(caller);
    try {
      await saga.advance(of, open.step === "overlap" ? await saga.finish(of, open) : open);
    } catch (error) {
      throw error instanceof StoreRefusal ? underWay() : error;
    }
  };

  const readCurrent = async (
    caller: Caller,
    generation: Generation | undefined,
    id: string,
    expected: Expected,
  ): Promise<SeenKey> => {
    const seen = await system.read(caller, current(generation, id)).catch(refused(name));
    checkExpected(seen.key, expected);
    return seen;
  };

  /** A call that is refused because the key has changed leaves both of two keys as they are. */
  const judge = async (
    caller: Caller,
    generation: Generation | undefined,
    id: string,
    expected: Expected,
  ): Promise<void> => {
    if (expected === null || generation === undefined || generation.others.length === 0) return;
    await readCurrent(caller, generation, id, expected);
  };

  /** A successor that is being made ready would miss what is changed now. */
  const refusePrepared = async (caller: Caller, generation: Generation | undefined): Promise<void> => {
    if (isPrepared(await rotationOf(caller, generation))) throw underWay();
  };

  /** What an earlier try of this call has left, and the rotation that it began. */
  const begun = async (caller: Caller): Promise<Begun | undefined> => {
    const { once, account } = caller;
    if (once === undefined) return undefined;
    const call = await store.readDocument(account.id, name, rotationCallKind, once.id);
    if (call === undefined) return undefined;
    if (new Date(call.until ?? 0) <= clock()) return { call, rotation: undefined };
    const { rotation: id, fingerprint } = call.body as {
      readonly rotation: string;
      readonly fingerprint: string;
    };
    if (fingerprint !== once.fingerprint) throw idempotencyMismatch();
    const record = await store.readDocument(account.id, "", "rotation", id);
    if (record === undefined) return { call, rotation: undefined };
    const rotation = parseRotation(record);
    const isHeld = isPrepared(rotation) && isOpen(rotation) && new Date(record.due ?? 0) > clock();
    if (isHeld) throw idempotencyInFlight();
    return { call, rotation };
  };

  const rotate: Provider["rotate"] = async (caller, id, renewal, expected) => {
    const graceSeconds = graceOf(renewal);
    let generation = await find(caller, id);
    if (graceSeconds === null) {
      await refusePrepared(caller, generation);
      const done = await inner.rotate(
        callerOf(caller, generation),
        current(generation, id),
        renewal,
        expected,
        id,
      );
      return { ...done, key: known(generation, done.key) };
    }
    const before = await begun(caller);
    const earlier = before?.rotation;
    if (earlier !== undefined && earlier.undone === null && earlier.step !== "failed") {
      return answered(caller, isPrepared(earlier) ? await saga.advance(caller, earlier) : earlier);
    }
    const open = await rotationOf(caller, generation);
    if (open !== undefined) {
      if (isPrepared(open) || open.undone !== null) throw underWay();
      // What is refused ends no grace.
      refuse((await readCurrent(caller, generation, id, expected)).key, renewal);
      // Rotated again during its grace: the oldest secret goes.
      await hurry(caller, open);
      generation = await find(caller, id);
    }
    const old = await readCurrent(caller, generation, id, expected);
    refuse(old.key, renewal);
    const reason = renewal.reason ?? "";
    const order = { key: id, before: old, generation, graceSeconds, reason, call: before?.call };
    const begins = await saga.begin(caller, order).catch(async (error: unknown) => {
      if (!(error instanceof StoreRefusal)) throw error;
      // Another call has begun one meanwhile: this very call, sent twice, or somebody else's.
      const other = (await begun(caller))?.rotation;
      throw other === undefined || other.id === earlier?.id ? underWay() : idempotencyInFlight();
    });
    return answered(caller, await saga.advance(caller, begins));
  };

  /** The old key goes on working for a while, and its receipt is written when it is ended. */
  const answered = async (caller: Caller, rotation: Rotation): Promise<RotatedKey> => ({
    ...(await saga.answer(caller, rotation)),
    receipt: null,
  });

  const setStatus: Provider["setStatus"] = async (caller, id, status, expected) => {
    if (status === "disabled") return (await disable(caller, id, expected)).key;
    const generation = await find(caller, id);
    await judge(caller, generation, id, expected);
    const others = areBothKept(await rotationOf(caller, generation)) ? generation?.others : [];
    await each(caller, others ?? [], async (of, other, key) => {
      if (key.status !== status) await inner.setStatus(of, other, status, null);
    });
    return known(
      generation,
      await inner.setStatus(callerOf(caller, generation), current(generation, id), status, expected),
    );
  };

  /** While two keys overlap each of them has its receipt, under the one id. */
  const disable: Provider["disable"] = async (caller, id, expected) => {
    const generation = await find(caller, id);
    await judge(caller, generation, id, expected);
    const { others = [] } = generation ?? {};
    await disableEach(caller, others, id);
    const one = current(generation, id);
    const { key, receipt } = await inner.disable(callerOf(caller, generation), one, expected, id);
    await disableEach(caller, await begunSince(caller, id, [one, ...others]), id);
    return { key: known(generation, key), receipt };
  };

  const remove: Provider["remove"] = async (caller, id, expected) => {
    let generation = await find(caller, id);
    const open = await rotationOf(caller, generation);
    if (open !== undefined) {
      if (isPrepared(open)) throw underWay();
      refuseRemoval((await readCurrent(caller, generation, id, expected)).key);
      await hurry(caller, open);
      generation = await find(caller, id);
    }
    if (generation === undefined) {
      const receipt = await inner.remove(caller, id, expected);
      await removeBegun(caller, id);
      return receipt;
    }
    const place = { account: caller.account.id, provider: name, key: id };
    const gone = generationWrite(place, generation, null);
    const once = caller.once ?? {
      id: uuid(),
      fingerprint: "",
      isKept: async () => false,
      outcome: () => [],
    };
    const removing = {
      ...once,
      outcome: (done: Parameters<typeof once.outcome>[0]) => [...once.outcome(done), ...gone],
    };
    return inner.remove({ ...caller, once: removing }, generation.current, expected, id);
  };

  /** A rotation that has begun while its key was deleted: nobody has the successor's secret yet, or it goes as well. */
  const removeBegun = async (caller: Caller, id: string): Promise<void> => {
    const generation = await find(caller, id);
    const open = await rotationOf(caller, generation);
    if (generation === undefined || open?.undone === "failed") return;
    const of = withoutOnce(caller);
    if (open === undefined || !isPrepared(open)) return void (await remove(of, id, null));
    try {
      await saga.cancel(of, open);
    } catch (error) {
      if (!(error instanceof StoreRefusal)) throw error;
      // It has gone a step further.
      await removeBegun(caller, id);
    }
  };

  return {
    ...inner,

    read: async (caller, id) => {
      const generation = await find(caller, id);
      return known(generation, await inner.read(caller, current(generation, id)));
    },

    change: async (caller, id, wish, expected) => {
      const generation = await find(caller, id);
      await refusePrepared(caller, generation);
      await judge(caller, generation, id, expected);
      const native =
        wish.native === undefined ? {} : { native: withoutCurrentId(wish.native, current(generation, id)) };
      const asked = { ...wish, ...native };
      const { others = [] } = generation ?? {};
      const changeEach = (ids: readonly string[]): Promise<void> =>
        each(caller, ids, (of, other) => inner.change(of, other, asked, null));
      await changeEach(others);
      const one = current(generation, id);
      const key = await inner.change(callerOf(caller, generation), one, asked, expected);
      await changeEach(await begunSince(caller, id, [one, ...others]));
      return known(generation, key);
    },

    setStatus,

    disable,

    rotate,

    reveal: async (caller, id) => inner.reveal(caller, current(await find(caller, id), id)),

    recall: async (caller, id, number) => inner.recall(caller, current(await find(caller, id), id), number),

    remove,

    rotations: {
      advance: async (caller, held: DocumentRecord) => saga.advanceQuietly(caller, parseRotation(held)),
      cancel: async (caller, rotation) => {
        const undone = await saga.cancel(caller, rotation);
        if (undone === undefined) {
          throw new Refusal("state_unsuitable", "The old key is ended already, or the rotation is.");
        }
        return undone;
      },
    },
  };
};

const underWay = (): Refusal =>
  new Refusal(
    "conflict",
    "A rotation of this key is under way: see GET /v1/rotations. Try again when it is further.",
  );
