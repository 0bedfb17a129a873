import { Refusal } from "../errors.ts";
import { jobCaller } from "../jobs/caller.ts";
import type { Job } from "../jobs/job.ts";
import type { Caller } from "../providers/caller.ts";
import type { Provider } from "../providers/port.ts";
import type { Key } from "../schemas/key.ts";
import type { DocumentWrite, Store } from "../store/port.ts";
import { act, againAfterMs, tellRefusal } from "./act.ts";
import { lookAt } from "./look.ts";
import { type KeyPlace, memoryOf, scheduleKind, scheduleWrite } from "./schedule.ts";

interface Parts {
  readonly store: Pick<Store, "commit" | "progress" | "readAccount" | "readDocument">;
  readonly providers: readonly Provider[];
  readonly clock: () => Date;
  readonly uuid: () => string;
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
    const key = await readIfThere(provider, caller, place.id);
    if (key === "gone") return put({ type: "deleteDocument", record, expectedVersion: record.version });
    if (key instanceof Refusal) {
      return put(scheduleWrite(place, record, memoryOf(record), later(againAfterMs(key))));
    }
    const { step, memory } = await lookAt(parts, place.account, provider, key, record);
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

const readIfThere = async (
  provider: Provider,
  caller: Caller,
  id: string,
): Promise<Key | Refusal | "gone"> => {
  try {
    return await provider.read(caller, id);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code === "not_found" ? "gone" : error;
  }
};
