import { Refusal } from "../../../errors.ts";
import type { Key } from "../../../schemas/key.ts";
import type { DocumentRecord } from "../../../store/port/records.ts";
import { StoreRefusal } from "../../../store/port/unit.ts";
import type { Caller } from "../../caller.ts";
import type { Provider } from "../../port.ts";
import { parseRotation, type Rotation } from "../../rotation.ts";
import { current, isPrepared, openBehind, underWay, withoutOnce } from "./behind.ts";
import { generationWrite, withoutCurrentId } from "./generations.ts";
import { openRenewing, type RenewParts } from "./renew.ts";

interface RotatingParts extends RenewParts {
  readonly uuid: () => string;
  /** What the service has against the end of this key now. */
  readonly refuseRemoval: (key: Key) => void;
}

/**
 * A real system whose keys cannot have two secrets: behind one id of the facade stand several keys of its own, one after
 * the other and, while a grace lasts, two at a time. What is asked of the id is asked of the one that is current; what
 * ends or restricts a key is asked of both, because both are open to whoever holds the old secret.
 */
export const rotatingProvider = (inner: Provider, parts: RotatingParts): Provider => {
  const { clock, uuid, saga, refuseRemoval } = parts;
  const { name } = inner;
  const behind = openBehind(name, parts);
  const { find, known, callerOf, rotationOf, readCurrent, judge, refusePrepared } = behind;
  const { rotate, hurry } = openRenewing(inner, behind, parts);

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

  const disableEach = (caller: Caller, ids: readonly string[]): Promise<void> =>
    each(caller, ids, async (of, id, { status }) => {
      if (status !== "disabled") await inner.disable(of, id, null);
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
    await disableEach(caller, others);
    const one = current(generation, id);
    const { key, receipt } = await inner.disable(callerOf(caller, generation), one, expected);
    await disableEach(caller, await begunSince(caller, id, [one, ...others]));
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
    return inner.remove({ ...caller, once: removing }, generation.current, expected);
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

  const change: Provider["change"] = async (caller, id, wish, expected) => {
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
  };

  /** Whatever the real system calls it by now, it is told of by the id that was asked for. */
  const named = (caller: Caller, knownAs: string): Caller => ({ ...caller, knownAs });

  return {
    ...inner,

    read: async (caller, id) => {
      const generation = await find(caller, id);
      return known(generation, await inner.read(caller, current(generation, id)));
    },

    change: (caller, id, ...asked) => change(named(caller, id), id, ...asked),

    setStatus: (caller, id, ...asked) => setStatus(named(caller, id), id, ...asked),

    disable: (caller, id, ...asked) => disable(named(caller, id), id, ...asked),

    rotate: (caller, id, ...asked) => rotate(named(caller, id), id, ...asked),

    reveal: async (caller, id) => inner.reveal(named(caller, id), current(await find(caller, id), id)),

    recall: async (caller, id, number) =>
      inner.recall(named(caller, id), current(await find(caller, id), id), number),

    remove: (caller, id, ...asked) => remove(named(caller, id), id, ...asked),

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
