import * as z from "zod";
import type { Key } from "../../schemas/key.ts";
import {
  type DocumentRecord,
  type EventDraft,
  type Store,
  StoreRefusal,
  type Write,
} from "../../store/port.ts";
import { auditDraft, type Caller, idempotencyMismatch, type Outcome } from "../caller.ts";
import type { FailureFacts } from "./failure.ts";
import { knownKind, parseKnown, remember } from "./known.ts";

/** What is about to be asked of a real system, written before it is asked. */
const intent = z.object({
  operation: z.string(),
  /** The key's id; of a creation its name. */
  about: z.string(),
  requestId: z.string(),
  startedAt: z.string(),
  /** Of a call that is to happen once: what it asks. */
  fingerprint: z.string().nullable(),
});

export interface Intent extends z.infer<typeof intent> {
  readonly id: string;
  /** It stood there already: an earlier try of the same call has no known outcome. */
  readonly resumed: boolean;
}

export type Ending =
  | { readonly type: "done"; readonly event: string; readonly key: Key; readonly once: Outcome | undefined }
  | { readonly type: "removed"; readonly key: Key }
  /** A native call was passed on and answered; what it did is the caller's to read. `code` is of a refusal. */
  | { readonly type: "answered"; readonly code: string | null; readonly requestId: string | null }
  /** The real system did nothing. */
  | { readonly type: "refused"; readonly failure: FailureFacts }
  /** Nobody knows: the intent stays, and says so. */
  | { readonly type: "unknown"; readonly failure: FailureFacts };

const intentKind = "upstream-intent";
/** It is written, and it goes: nothing changes it. */
const intentVersion = 1;

export interface Ledger {
  begin(caller: Caller, operation: string, about: string): Promise<Intent>;
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
  const recordOf = (caller: Caller, { id, resumed: _, ...rest }: Intent): DocumentRecord => ({
    account: caller.account.id,
    provider,
    kind: intentKind,
    id,
    region: "",
    version: intentVersion,
    body: rest,
  });
  const intentOf = (record: DocumentRecord): Intent => ({
    ...intent.parse(record.body),
    id: record.id,
    resumed: true,
  });

  const targetOf = (key: Key | undefined, { about }: Intent): string => `${provider}/${key?.id ?? about}`;

  /** Of the key's own record: what it is from now on. */
  const known = async (caller: Caller, ending: Ending): Promise<readonly Write[]> => {
    if (ending.type !== "done" && ending.type !== "removed") return [];
    const place = { account: caller.account.id, provider, id: ending.key.id };
    const before = await store.readDocument(place.account, provider, knownKind, place.id);
    if (ending.type === "removed") {
      return before === undefined
        ? []
        : [{ type: "deleteDocument", record: before, expectedVersion: before.version }];
    }
    const { name, status, version } = ending.key;
    const seenBy = before === undefined ? null : parseKnown(before.body).seenBy;
    return [remember(place, before, { name, status, version, seenBy })];
  };

  const events = (ending: Ending, time: string): readonly EventDraft[] => {
    if (ending.type !== "done" && ending.type !== "removed") return [];
    const { key } = ending;
    const type = ending.type === "done" ? ending.event : "key.deleted";
    const data = { provider, id: key.id, name: key.name, status: key.status };
    return [{ id: uuid(), type, time, subject: `${provider}/${key.id}`, version: key.version, data }];
  };

  return {
    begin: async (caller, operation, about) => {
      const time = clock().toISOString();
      const begun: Intent = {
        id: caller.once?.id ?? uuid(),
        operation,
        about,
        requestId: caller.requestId,
        startedAt: time,
        fingerprint: caller.once?.fingerprint ?? null,
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
        return begun;
      } catch (error) {
        if (!(error instanceof StoreRefusal && error.reason === "exists")) throw error;
        const standing = await store.readDocument(caller.account.id, provider, intentKind, begun.id);
        if (standing === undefined) throw error;
        const found = intentOf(standing);
        if (found.fingerprint !== begun.fingerprint) throw idempotencyMismatch();
        return found;
      }
    },

    end: async (caller, begun, ending) => {
      for (let race = 0; ; race++) {
        const time = clock().toISOString();
        const closing: readonly Write[] =
          ending.type === "unknown"
            ? []
            : [{ type: "deleteDocument", record: recordOf(caller, begun), expectedVersion: intentVersion }];
        const replayed =
          ending.type === "done" && ending.once !== undefined
            ? (caller.once?.outcome(ending.once) ?? [])
            : [];
        const failure = ending.type === "refused" || ending.type === "unknown" ? ending.failure : undefined;
        const key = ending.type === "done" || ending.type === "removed" ? ending.key : undefined;
        try {
          await store.commit({
            account: caller.account.id,
            writes: [...closing, ...replayed, ...(await known(caller, ending))],
            audit: {
              ...auditDraft(caller, targetOf(key, begun), time),
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
          if (!(error instanceof StoreRefusal) || race >= racesMax) throw error;
        }
      }
    },

    open: async (caller) =>
      (await store.listDocuments(caller.account.id, provider, intentKind, "")).map(intentOf),
  };
};
