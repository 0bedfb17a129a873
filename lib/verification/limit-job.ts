import { jobCaller } from "../jobs/caller.ts";
import type { Job } from "../jobs/job.ts";
import { type Budget, budgetsOf, counterOf, isQuota } from "../keys/budget.ts";
import { auditDraft } from "../providers/caller.ts";
import type { Key, ServiceName } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { type DocumentWrite, StoreRefusal } from "../store/port/unit.ts";
import { limitNote, limitNoteKind } from "./limit-notes.ts";

interface Parts {
  readonly store: Store;
  readonly clock: () => Date;
  readonly uuid: () => string;
}

const windowKind = "limit-window";
/** A lifetime has no end; a key that is refused for ever is told again in a year. */
const lifetimeMs = 365 * 86_400_000;

/** Makes the event of a note: of a rate one for each hour, of a quota one for each of its windows. */
export const limitJob = (parts: Parts): Job => ({
  kind: limitNoteKind,
  run: async (held) => {
    const { store, clock, uuid } = parts;
    const note = limitNote.parse(held.body);
    const done = settled(held);
    const found = await store.readKey(held.account, note.service as ServiceName, note.key);
    const holder = await store.readAccount(held.account);
    const key = found?.record.key;
    const at = Date.parse(note.time);
    const quota = note.limit === "quota" && key ? await spentQuota(store, held, key, at) : undefined;
    // Deleted, or changed meanwhile so that nothing is spent: there is nobody to tell it of.
    if (key === undefined || holder === undefined || (note.limit === "quota" && quota === undefined)) {
      return store.progress([done]);
    }
    const time = clock().toISOString();
    const subject = `${held.provider}/${key.id}`;
    const { id, name, status, version } = key;
    const data = { provider: held.provider, id, name, status, limit: note.limit, cycle: quota?.kind ?? null };
    const caller = { ...jobCaller(holder, "keyway:NoteLimit", uuid()), details: () => data };
    try {
      await store.commit({
        account: held.account,
        writes: [done, ...(quota === undefined ? [] : [windowOf(held, key, quota, at)])],
        audit: auditDraft(caller, subject, time),
        events: [{ id: uuid(), type: "limit.reached", time, subject, version, data }],
      });
    } catch (error) {
      if (!(error instanceof StoreRefusal && error.reason === "exists")) throw error;
      await store.progress([done]); // this window was told before
    }
  },
});

const settled = (held: DocumentRecord): DocumentWrite => {
  const { due: _, ...rest } = held;
  const record = { ...rest, version: held.version + 1 };
  return { type: "replaceDocument", record, expectedVersion: held.version };
};

/** All quotas are charged the same tokens by each call: one that has the least left is one that refused. */
const spentQuota = async (
  store: Store,
  { account, provider }: DocumentRecord,
  { id, limits }: Key,
  at: number,
): Promise<Budget | undefined> => {
  const quotas = budgetsOf(limits, { requests: 0, tokens: 0 }, at).filter(isQuota);
  const counters = quotas.map((budget) => ({
    counter: counterOf({ name: `${provider}/${id}` }, budget),
    window: budget.window.id,
  }));
  const spent = await store.readSpent(account, counters);
  const left = quotas.map(({ max }, place) => max - (spent[place] ?? 0));
  return quotas[left.indexOf(Math.min(...left))];
};

const windowOf = (
  held: DocumentRecord,
  { id }: Key,
  { kind, window }: Budget,
  at: number,
): DocumentWrite => ({
  type: "insertDocument",
  record: {
    account: held.account,
    provider: held.provider,
    kind: windowKind,
    id: `${kind} ${window.id} ${id}`,
    region: "",
    version: 1,
    body: {},
    until: new Date(window.end ?? at + lifetimeMs).toISOString(),
  },
});
