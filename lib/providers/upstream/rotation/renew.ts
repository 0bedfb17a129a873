import type { Key } from "../../../schemas/key.ts";
import type { DocumentRecord } from "../../../store/port/records.ts";
import { StoreRefusal } from "../../../store/port/unit.ts";
import { type Caller, idempotencyInFlight, idempotencyMismatch } from "../../caller.ts";
import type { Provider, Renewal, RotatedKey } from "../../port.ts";
import { isOpen, parseRotation, type Rotation } from "../../rotation.ts";
import { rotationCallKind } from "./begin.ts";
import { type Behind, type BehindParts, current, isPrepared, underWay, withoutOnce } from "./behind.ts";
import type { Saga } from "./saga.ts";

export interface RenewParts extends BehindParts {
  readonly saga: Saga;
  /** Whether a rotation is one with overlap; null where the real system does it itself. */
  readonly graceOf: (renewal: Renewal) => number | null;
  /** What the service has against giving this key another secret now. */
  readonly refuse: (key: Key, renewal: Renewal) => void;
}

interface Renewing {
  readonly rotate: Provider["rotate"];
  /** Ends a grace before its time: the old key is gone when this is answered. */
  hurry(caller: Caller, open: Rotation): Promise<void>;
}

interface Begun {
  readonly call: DocumentRecord;
  /** Undefined for one that is not known any more. */
  readonly rotation: Rotation | undefined;
}

/** Gives a key another secret: the real system does, or a successor takes its place. */
export const openRenewing = (
  inner: Provider,
  behind: Behind,
  { store, clock, saga, graceOf, refuse }: RenewParts,
): Renewing => {
  const { name } = inner;
  const { find, known, callerOf, rotationOf, readCurrent, refusePrepared } = behind;

  const hurry: Renewing["hurry"] = async (caller, open) => {
    const of = withoutOnce(caller);
    try {
      await saga.advance(of, open.step === "overlap" ? await saga.finish(of, open) : open);
    } catch (error) {
      throw error instanceof StoreRefusal ? underWay() : error;
    }
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
      const one = current(generation, id);
      const done = await inner.rotate(callerOf(caller, generation), one, renewal, expected);
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

  return { rotate, hurry };
};
