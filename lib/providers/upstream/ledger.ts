import type { Key } from "../../schemas/key.ts";
import {
  type DocumentRecord,
  type EventDraft,
  type Store,
  StoreRefusal,
  type Write,
} from "../../store/port.ts";
import {
  auditDraft,
  type Caller,
  idempotencyInFlight,
  idempotencyMismatch,
  type Outcome,
} from "../caller.ts";
import type { FailureFacts } from "./failure.ts";
import { type Intent, intentKind, intentRecord, isHeld, parseIntent } from "./intents.ts";
import { knownKind, parseKnown, remember, type TouchedKey } from "./known.ts";

export type Ending =
  | { readonly type: "done"; readonly event: string; readonly key: Key; readonly once: Outcome | undefined }
  | { readonly type: "removed"; readonly key: RemovedKey; readonly once: Outcome }
  /** A native call was passed on and answered; what it did is the caller's to read. `code` is of a refusal. */
  | {
      readonly type: "answered";
      readonly code: string | null;
      readonly requestId: string | null;
      readonly touched: TouchedKey | undefined;
    }
  /** The real system did nothing. */
  | { readonly type: "refused"; readonly failure: FailureFacts }
  /** Nobody knows: the intent stays, and says so. */
  | { readonly type: "unknown"; readonly failure: FailureFacts }
  /** The call was made already by somebody else, and nothing was asked. */
  | { readonly type: "withdrawn" };

type RemovedKey = NonNullable<Intent["before"]> & { readonly id: string };

export interface Ledger {
  /**
   * The intent, which is the caller's alone from here on: a call that is to happen once is refused while another
   * process is at it, and taken up where one has stopped.
   */
  begin(
    caller: Caller,
    asked: Pick<Intent, "operation" | "about"> & { readonly before?: Intent["before"] | undefined },
  ): Promise<Intent>;
  /** The intent that an earlier try of this very call has left; refused while somebody is at it. */
  standing(caller: Caller): Promise<Intent | undefined>;
  /** What certainly was not done is about to be asked once more. */
  restart(caller: Caller, intent: Intent): Promise<Intent>;
  end(caller: Caller, intent: Intent, ending: Ending): Promise<void>;
  /** Intents without an outcome, newest first. */
  open(caller: Caller): Promise<readonly Intent[]>;
}

interface Parts {
  readonly store: Store;
  readonly clock: () => Date;
  readonly uuid: () => string;
}

/** One lost race means that another change of the same key was recorded in between. */
const racesMax = 20;

/** Intent and outcome of every change that a real system is asked for: a crash in between leaves the intent. */
export const openLedger = ({ store, clock, uuid }: Parts, provider: string): Ledger => {
  const recordOf = (caller: Caller, intent: Intent): DocumentRecord =>
    intentRecord({ account: caller.account.id, provider }, intent);
  const find = async (caller: Caller, id: string): Promise<Intent | undefined> => {
    const record = await store.readDocument(caller.account.id, provider, intentKind, id);
    return record === undefined ? undefined : parseIntent(record);
  };

  const targetOf = (ending: Ending | undefined, { about }: Intent): string =>
    `${provider}/${keyOf(ending)?.id ?? about}`;

  /** Writes what becomes of an intent; whoever took it up in between goes before. */
  const moved = async (caller: Caller, from: Intent, changes: Partial<Intent>): Promise<Intent> => {
    const to = { ...from, ...changes, version: from.version + 1 };
    const time = clock().toISOString();
    try {
      await store.commit({
        account: caller.account.id,
        writes: [{ type: "replaceDocument", record: recordOf(caller, to), expectedVersion: from.version }],
        audit: {
          ...auditDraft(caller, targetOf(undefined, from), time),
          details: { intent: from.id, resumed: true },
        },
        events: [],
      });
      return to;
    } catch (error) {
      throw error instanceof StoreRefusal ? idempotencyInFlight() : error;
    }
  };

  const free = (caller: Caller, found: Intent): Intent => {
    if (found.fingerprint !== (caller.once?.fingerprint ?? null)) throw idempotencyMismatch();
    if (isHeld(found, clock())) throw idempotencyInFlight();
    return found;
  };

  /** Of the key's own record: what it is from now on. */
  const known = async (caller: Caller, ending: Ending): Promise<readonly Write[]> => {
    const touched = touchedBy(ending);
    if (touched === undefined) return [];
    const { id, by, version } = touched;
    const place = { account: caller.account.id, provider, id };
    const before = await store.readDocument(place.account, provider, knownKind, id);
    if (by === "removes") {
      return before === undefined
        ? []
        : [{ type: "deleteDocument", record: before, expectedVersion: before.version }];
    }
    // Keyway has changed it, but an inventory has yet to tell that it is there.
    if (by === "changes" && version === null && before === undefined) return [];
    const seenBy = before === undefined ? null : parseKnown(before.body).seenBy;
    return [remember(place, before, { version, seenBy })];
  };

  const events = (ending: Ending, time: string): readonly EventDraft[] => {
    if (ending.type !== "done" && ending.type !== "removed") return [];
    const { key } = ending;
    const type = ending.type === "done" ? ending.event : "key.deleted";
    const data = { provider, id: key.id, name: key.name, status: key.status };
    return [{ id: uuid(), type, time, subject: `${provider}/${key.id}`, version: key.version, data }];
  };

  const closing = (caller: Caller, begun: Intent, ending: Ending): Write => {
    const expectedVersion = begun.version;
    if (ending.type !== "unknown")
      return { type: "deleteDocument", record: recordOf(caller, begun), expectedVersion };
    const left = { ...begun, version: expectedVersion + 1, heldAt: null };
    return { type: "replaceDocument", record: recordOf(caller, left), expectedVersion };
  };

  const ledger: Ledger = {
    begin: async (caller, { operation, about, before = null }) => {
      const time = clock().toISOString();
      const begun: Intent = {
        id: caller.once?.id ?? uuid(),
        version: 1,
        operation,
        about,
        requestId: caller.requestId,
        startedAt: time,
        fingerprint: caller.once?.fingerprint ?? null,
        heldAt: time,
        before,
        resumed: false,
      };
      try {
        await store.commit({
          account: caller.account.id,
          writes: [{ type: "insertDocument", record: recordOf(caller, begun) }],
          audit: {
            ...auditDraft(caller, targetOf(undefined, begun), time),
            details: { intent: begun.id, request: caller.details() },
          },
          events: [],
        });
      } catch (error) {
        if (!(error instanceof StoreRefusal && error.reason === "exists")) throw error;
        const found = await find(caller, begun.id);
        // It has just ended: whether it is to be made again, its outcome tells.
        if (found === undefined) throw idempotencyInFlight();
        return moved(caller, free(caller, found), { heldAt: time });
      }
      // The outcome comes in the commit that ends the intent: an intent that could be written may be that of a call
      // that has ended since its caller looked for an outcome.
      if ((await caller.once?.isKept()) !== true) return begun;
      await ledger.end(caller, begun, { type: "withdrawn" });
      throw idempotencyInFlight();
    },

    standing: async (caller) => {
      const found = caller.once === undefined ? undefined : await find(caller, caller.once.id);
      return found === undefined ? undefined : free(caller, found);
    },

    restart: (caller, from) => {
      const time = clock().toISOString();
      return moved(caller, from, { startedAt: time, heldAt: time });
    },

    end: async (caller, begun, ending) => {
      for (let race = 0; ; race++) {
        const time = clock().toISOString();
        const outcome = ending.type === "done" || ending.type === "removed" ? ending.once : undefined;
        const replayed = outcome === undefined ? [] : (caller.once?.outcome(outcome) ?? []);
        const failure = ending.type === "refused" || ending.type === "unknown" ? ending.failure : undefined;
        try {
          await store.commit({
            account: caller.account.id,
            writes: [closing(caller, begun, ending), ...replayed, ...(await known(caller, ending))],
            audit: {
              ...auditDraft(caller, targetOf(ending, begun), time),
              details: {
                intent: begun.id,
                outcome: ending.type,
                ...(failure && { code: failure.code, upstreamRequestId: failure.requestId }),
                ...(ending.type === "answered" && {
                  code: ending.code,
                  upstreamRequestId: ending.requestId,
                }),
              },
            },
            events: events(ending, time),
          });
          return;
        } catch (error) {
          if (!(error instanceof StoreRefusal)) throw error;
          // Somebody took the call for one that had stopped. What they found or did is its outcome, not ours.
          if ((await find(caller, begun.id))?.version !== begun.version) throw idempotencyInFlight();
          if (race >= racesMax) throw error;
        }
      }
    },

    open: async (caller) =>
      (await store.listDocuments(caller.account.id, provider, intentKind, "")).map(parseIntent),
  };
  return ledger;
};

const touchedBy = (ending: Ending): (TouchedKey & { readonly version: number | null }) | undefined => {
  switch (ending.type) {
    case "done":
      return { id: ending.key.id, by: "changes", version: ending.key.version };
    case "removed":
      return { id: ending.key.id, by: "removes", version: null };
    case "answered":
      return ending.touched && { ...ending.touched, version: null };
    default:
      return undefined;
  }
};

const keyOf = (ending: Ending | undefined): { readonly id: string } | undefined =>
  ending?.type === "done" || ending?.type === "removed" ? ending.key : undefined;
