import * as z from "zod";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { DocumentWrite } from "../store/port/unit.ts";

/** Where it is kept when a key is to be looked at: a document for each key that a policy says something of. */
export const scheduleKind = "key-schedule";

const memory = z.object({
  /** Since when it is there: a real system may keep it as a key of its own that is newer. */
  bornAt: z.string().nullable(),
  /** Of a key whose own record does not tell it. */
  rotatedAt: z.string().nullable(),
  /** What was told of a rotation to come, and of which secret: `secretSince` is the time that it is of. */
  notice: z.object({ secretSince: z.string(), at: z.string(), rotateAt: z.string() }).nullable(),
  /** Whether it was off when it was looked at last, and since when it is on again. */
  wasOff: z.boolean(),
  onSince: z.string().nullable(),
  /** What its provider has refused last: told once, and not each day. */
  refused: z.string().nullable(),
  /** How many steps were refused: a try after that is another one, and not the one that was refused. */
  refusals: z.number(),
});
/** What is known of a key from one look to the next. */
export type Memory = z.infer<typeof memory>;

export const nothingKnown: Memory = {
  bornAt: null,
  rotatedAt: null,
  notice: null,
  wasOff: false,
  onSince: null,
  refused: null,
  refusals: 0,
};

export const memoryOf = (record: DocumentRecord | undefined): Memory =>
  record === undefined ? nothingKnown : memory.parse(record.body);

export interface KeyPlace {
  readonly account: AccountId;
  readonly provider: string;
  readonly id: string;
}

export const readSchedule = (
  store: Pick<Store, "readDocument">,
  { account, provider, id }: KeyPlace,
): Promise<DocumentRecord | undefined> => store.readDocument(account, provider, scheduleKind, id);

/** The next version of a schedule, or its first; without `due` nobody looks until something happens. */
export const scheduleWrite = (
  { account, provider, id }: KeyPlace,
  before: DocumentRecord | undefined,
  body: Memory,
  due: string | null,
): DocumentWrite => {
  const record: DocumentRecord = {
    account,
    provider,
    kind: scheduleKind,
    id,
    region: "",
    version: (before?.version ?? 0) + 1,
    body,
    ...(due !== null && { due }),
  };
  return before === undefined
    ? { type: "insertDocument", record }
    : { type: "replaceDocument", record, expectedVersion: before.version };
};

/** For the commit of what changes when a key is due: it is looked at now, where it has a schedule. */
export const lookAgain = async (
  store: Pick<Store, "readDocument">,
  place: KeyPlace,
  now: Date,
): Promise<readonly DocumentWrite[]> => {
  const before = await readSchedule(store, place);
  return before === undefined ? [] : [scheduleWrite(place, before, memoryOf(before), now.toISOString())];
};
