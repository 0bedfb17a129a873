import { insertReceipt, type Kept, toldOf } from "../../receipts/receipt.ts";
import type { Key } from "../../schemas/key.ts";
import type { EventDraft } from "../../store/port/records.ts";
import { StoreRefusal, type Write } from "../../store/port/unit.ts";
import {
  auditDraft,
  type Caller,
  idempotencyInFlight,
  idempotencyMismatch,
  type Outcome,
} from "../caller.ts";
import { type Intent, isHeld, parseIntent } from "./intents.ts";
import { keyEvent } from "./key-event.ts";
import { type Asked, type Ending, intentKind, intentRecord, type LedgerParts, openLedger } from "./ledger.ts";
import { reached } from "./points.ts";

/** What a change did. */
export type Done = (
  | { readonly type: "done"; readonly event: EventDraft["type"]; readonly key: Key }
  | { readonly type: "removed"; readonly key: RemovedKey }
) & {
  readonly once: Outcome;
  /** Of what ends with it. */
  readonly kept?: Kept;
  readonly part?: Part;
};

/** Of a change that is a step of something larger: what stands in the same commit, and what is told in its place. */
export interface Part {
  readonly writes: readonly Write[];
  readonly event: EventDraft;
}

type RemovedKey = NonNullable<Intent["before"]> & { readonly id: string };

/** The ledger of calls that may be repeated, by one process or by several, and are to happen once. */
export interface OnceLedger {
  /**
   * The intent, which is the caller's alone from here on: a call that is to happen once is refused while another
   * process is at it, and taken up where one has stopped.
   */
  begin(caller: Caller, asked: Asked): Promise<Intent>;
  /** The intent that an earlier try of this very call has left; refused while somebody is at it. */
  standing(caller: Caller): Promise<Intent | undefined>;
  /** What certainly was not done is about to be asked once more. */
  restart(caller: Caller, intent: Intent): Promise<Intent>;
  finish(caller: Caller, intent: Intent, done: Done): Promise<void>;
  end(caller: Caller, intent: Intent, ending: Ending): Promise<void>;
  /** Intents without an outcome, newest first. */
  open(caller: Caller): Promise<readonly Intent[]>;
}

export const openOnceLedger = (parts: LedgerParts, provider: string): OnceLedger => {
  const { store, clock, uuid } = parts;
  const ledger = openLedger(parts, provider);

  const find = async (caller: Caller, id: string): Promise<Intent | undefined> => {
    const record = await store.readDocument(caller.account.id, provider, intentKind, id);
    return record === undefined ? undefined : parseIntent(record);
  };

  const free = (caller: Caller, found: Intent): Intent => {
    if (found.fingerprint !== (caller.once?.fingerprint ?? null)) throw idempotencyMismatch();
    if (isHeld(found, clock())) throw idempotencyInFlight();
    return found;
  };

  /** Holds an intent from now on; whoever took it up in between goes before. */
  const hold = async (caller: Caller, from: Intent, changes: Partial<Intent> = {}): Promise<Intent> => {
    const time = clock().toISOString();
    const to = { ...from, heldAt: time, ...changes, version: from.version + 1 };
    const record = intentRecord(caller, provider, to);
    try {
      await store.commit({
        account: caller.account.id,
        writes: [{ type: "replaceDocument", record, expectedVersion: from.version }],
        audit: {
          ...auditDraft(caller, `${provider}/${from.about}`, time),
          details: { intent: from.id, resumed: true },
        },
        // That somebody goes on with it is no outcome.
        events: [],
      });
      return to;
    } catch (error) {
      throw error instanceof StoreRefusal ? idempotencyInFlight() : error;
    }
  };

  const end = async (caller: Caller, begun: Intent, ending: Ending): Promise<void> => {
    let isOurs = true;
    const mayStand = async (): Promise<boolean> => {
      isOurs = (await find(caller, begun.id))?.version === begun.version;
      return isOurs;
    };
    try {
      await ledger.end(caller, begun, ending, mayStand);
    } catch (error) {
      // Somebody took the call for one that had stopped. What they found or did is its outcome, not ours.
      throw isOurs ? error : idempotencyInFlight();
    }
  };

  return {
    begin: async (caller, asked) => {
      let begun: Intent;
      try {
        begun = await ledger.begin(caller, asked);
      } catch (error) {
        if (!(error instanceof StoreRefusal && error.reason === "exists") || !caller.once) throw error;
        const found = await find(caller, caller.once.id);
        // It has just ended: whether it is to be made again, its outcome tells.
        if (found === undefined) throw idempotencyInFlight();
        return hold(caller, free(caller, found));
      }
      // The outcome comes in the commit that ends the intent: an intent that could be written may be that of a call
      // that has ended since its caller looked for an outcome.
      if ((await caller.once?.isKept()) !== true) return begun;
      await end(caller, begun, { type: "withdrawn" });
      throw idempotencyInFlight();
    },

    standing: async (caller) => {
      const found = caller.once === undefined ? undefined : await find(caller, caller.once.id);
      return found === undefined ? undefined : free(caller, found);
    },

    restart: (caller, from) => hold(caller, from, { startedAt: clock().toISOString() }),

    finish: async (caller, begun, done) => {
      const { type, key, once, kept, part } = done;
      const { id, name, status, version } = key;
      const event = type === "done" ? done.event : "key.deleted";
      const data = {
        provider,
        id: caller.knownAs ?? id,
        name,
        status,
        ...(kept && toldOf(kept.receipt)),
        ...(caller.reason && { reason: caller.reason }),
      };
      const receipts = kept === undefined ? [] : [insertReceipt(caller.account.id, kept)];
      await end(caller, begun, {
        type,
        touched: { id, by: type === "done" ? "changes" : "removes", version },
        writes: [...(caller.once?.outcome(once) ?? []), ...receipts, ...(part?.writes ?? [])],
        events: (time) => [part?.event ?? keyEvent(uuid, event, data, time)],
      });
      reached(`after the commit of ${begun.operation}`);
    },

    end,

    open: async (caller) =>
      (await store.listDocuments(caller.account.id, provider, intentKind, "")).map(parseIntent),
  };
};
