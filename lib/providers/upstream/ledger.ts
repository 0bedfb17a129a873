import { findingEvent } from "../../findings/event.ts";
import type { DocumentRecord, EventDraft } from "../../store/port/records.ts";
import type { Store } from "../../store/port/store.ts";
import { StoreRefusal, type Write } from "../../store/port/unit.ts";
import { auditDraft, type Caller } from "../caller.ts";
import type { FailureFacts } from "./failure.ts";
import { type Intent, unresolvedTold } from "./intents.ts";
import { knownKind, parseKnown, remember, type TouchedKey } from "./known.ts";

/** What became of an intent. */
export interface Ending {
  /**
   * `answered`: a native call was passed on, and what it did is the caller's to read; `refused`: the real system did
   * nothing; `unknown`: nobody knows, so the intent stays and says so; `withdrawn`: nothing was asked.
   */
  readonly type: "done" | "removed" | "answered" | "refused" | "unknown" | "withdrawn";
  /** The real system's own code and request id; without a code it refused nothing. */
  readonly word?: Pick<FailureFacts, "requestId"> & { readonly code: string | null };
  readonly touched?: TouchedKey | undefined;
  readonly writes?: readonly Write[];
  readonly events?: (time: string) => readonly EventDraft[];
}

/** Intent and outcome of every change that a real system is asked for: a crash in between leaves the intent. */
export interface Ledger {
  begin(caller: Caller, asked: Asked): Promise<Intent>;
  /** `mayStand` tells after a lost race whether the intent is still the caller's own. */
  end(caller: Caller, intent: Intent, ending: Ending, mayStand?: () => Promise<boolean>): Promise<void>;
}

export interface Asked extends Pick<Intent, "operation" | "about"> {
  readonly before?: Intent["before"] | undefined;
}

export interface LedgerParts {
  readonly store: Store;
  readonly clock: () => Date;
  readonly uuid: () => string;
}

export const intentKind = "upstream-intent";

export const intentRecord = (
  caller: Caller,
  provider: string,
  { id, version, resumed: _, ...body }: Intent,
): DocumentRecord => ({
  account: caller.account.id,
  provider,
  kind: intentKind,
  id,
  region: "",
  version,
  body,
});

/** One lost race means that another change of the same key was recorded in between. */
const racesMax = 20;

export const openLedger = ({ store, clock, uuid }: LedgerParts, provider: string): Ledger => {
  /** Of the key's own record: what it is from now on. */
  const known = async (caller: Caller, touched: TouchedKey | undefined): Promise<readonly Write[]> => {
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

  const closing = (caller: Caller, begun: Intent, { type }: Ending, time: string): Write => {
    const expectedVersion = begun.version;
    if (type !== "unknown")
      return { type: "deleteDocument", record: intentRecord(caller, provider, begun), expectedVersion };
    const left = { ...begun, version: expectedVersion + 1, heldAt: null, foundAt: begun.foundAt ?? time };
    return { type: "replaceDocument", record: intentRecord(caller, provider, left), expectedVersion };
  };

  /** That nobody knows is a finding, until somebody does. */
  const found = (begun: Intent, { type }: Ending, time: string): readonly EventDraft[] => {
    const isUnknown = type === "unknown";
    if (isUnknown === (begun.foundAt !== null)) return [];
    const told = unresolvedTold(provider, begun);
    return [findingEvent(uuid, isUnknown ? "finding.opened" : "finding.ended", told, time)];
  };

  return {
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
        foundAt: null,
        before,
        resumed: false,
      };
      await store.commit({
        account: caller.account.id,
        writes: [{ type: "insertDocument", record: intentRecord(caller, provider, begun) }],
        audit: {
          ...auditDraft(caller, `${provider}/${caller.knownAs ?? about}`, time),
          details: { intent: begun.id, request: caller.details() },
        },
        // Nothing has happened yet: what comes of it is told.
        events: [],
      });
      return begun;
    },

    end: async (caller, begun, ending, mayStand = async () => true) => {
      const { type, word, touched, writes = [], events = () => [] } = ending;
      for (let race = 0; ; race++) {
        const time = clock().toISOString();
        try {
          await store.commit({
            account: caller.account.id,
            writes: [closing(caller, begun, ending, time), ...writes, ...(await known(caller, touched))],
            audit: {
              ...auditDraft(caller, `${provider}/${caller.knownAs ?? touched?.id ?? begun.about}`, time),
              details: {
                intent: begun.id,
                outcome: type,
                ...(word && { code: word.code, upstreamRequestId: word.requestId }),
              },
            },
            events: [...events(time), ...found(begun, ending, time)],
          });
          return;
        } catch (error) {
          if (!(error instanceof StoreRefusal) || race >= racesMax || !(await mayStand())) throw error;
        }
      }
    },
  };
};
