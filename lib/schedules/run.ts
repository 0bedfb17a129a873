import { Refusal } from "../errors.ts";
import { jobCaller } from "../jobs/caller.ts";
import type { Job } from "../jobs/job.ts";
import type { Caller } from "../providers/caller.ts";
import type { Provider } from "../providers/port.ts";
import type { Key } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { DocumentWrite } from "../store/port/unit.ts";
import { act, againAfterMs, tellRefusal } from "./act.ts";
import { type Look, lookAt } from "./look.ts";
import { type KeyPlace, memoryOf, scheduleKind, scheduleWrite } from "./schedule.ts";

interface Parts {
  readonly store: Pick<Store, "commit" | "progress" | "readAccount" | "readDocument">;
  readonly providers: readonly Provider[];
  readonly clock: () => Date;
  readonly uuid: () => string;
  /** Brings all uses that this process knows of to the keys: they are counted first, and added up some time later. */
  readonly addUpUses: () => Promise<void>;
}

/** A provider that is not configured any more may be again. */
const elsewhereMs = 86_400_000;

/**
 * One key that is due. What was decided when its time was set is not believed: key, policy and exceptions are read and
 * decided about now. What is then done stands in one commit with the next version of the schedule, so that it is done
 * once, whoever else is at it and wherever a process stops.
 */
export const keyScheduleJob = (parts: Parts): Job => ({
  kind: scheduleKind,
  run: async (record) => {
    const { store, providers, clock, uuid } = parts;
    const place: KeyPlace = record;
    const later = (ms: number): string => new Date(clock().getTime() + ms).toISOString();
    const put = (write: DocumentWrite): Promise<void> => store.progress([write]);

    const account = await store.readAccount(place.account);
    const provider = providers.find(
      (one) => one.name === place.provider && (one.account === null || one.account === place.account),
    );
    if (account === undefined || provider === undefined) {
      return put(scheduleWrite(place, record, memoryOf(record), later(elsewhereMs)));
    }
    const caller = jobCaller(account, "keyway:LookAtKey", uuid());
    const see = (): Promise<Seen> => seen(parts, caller, provider, record);
    let now = await see();
    if (now.type === "key" && now.look.step.type === "disable" && now.look.step.reason === "unused") {
      await parts.addUpUses();
      now = await see();
    }
    if (now.type === "gone") return put({ type: "deleteDocument", record, expectedVersion: record.version });
    if (now.type === "refused") {
      return put(scheduleWrite(place, record, memoryOf(record), later(againAfterMs(now.refusal))));
    }
    const {
      key,
      look: { step, memory },
    } = now;
    if (step.type === "wait") return put(scheduleWrite(place, record, memory, step.until));
    const held = { record, place, provider, caller, key, memory };
    try {
      await act(parts, held, step);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await tellRefusal(parts, held, step, error, later(againAfterMs(error)));
    }
  },
});

/** What there is to be seen of the key at this moment. */
type Seen =
  | { readonly type: "key"; readonly key: Key; readonly look: Look }
  | { readonly type: "gone" }
  | { readonly type: "refused"; readonly refusal: Refusal };

const seen = async (
  parts: Parts,
  caller: Caller,
  provider: Provider,
  record: DocumentRecord,
): Promise<Seen> => {
  try {
    const key = await provider.read(caller, record.id);
    return { type: "key", key, look: await lookAt(parts, record.account, provider, key, record) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code === "not_found" ? { type: "gone" } : { type: "refused", refusal: error };
  }
};
