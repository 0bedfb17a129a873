import type { RandomBytes } from "../keys/random.ts";
import { randomLetters } from "../keys/random.ts";
import type { AccountId, Key } from "../schemas/key.ts";
import type { LeakOutcome } from "../schemas/leaks.ts";
import { listBackwards } from "../store/backwards.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { type DocumentWrite, StoreRefusal } from "../store/port/unit.ts";
import { type LeakReport, type LeakSource, type Told, toldBy } from "./report.ts";

/** Reports as they are kept: a row in the order of time, and beside it a mark by which an equal report finds it. */

const rowKind = "leak-report";
const markKind = "leak-mark";
const keptMs = 90 * 86_400_000;

/** When a report of this time is forgotten, and a finding that nothing else ends. */
export const endOfRow = (time: string): string => new Date(Date.parse(time) + keptMs).toISOString();

/** The end of a digest: it begins with the name of the key that it was made by. */
export const shortened = (digest: string): string => digest.slice(-20);

export interface LeakRow extends Told {
  readonly source: LeakSource;
  readonly signed: boolean;
  readonly outcome: LeakOutcome;
  /** The key that has the reported secret; null where none was found. */
  readonly provider: string | null;
  readonly key: string | null;
  /** The same for reports of the same secret; it tells nothing of the secret to who does not hold our key. */
  readonly fingerprint: string | null;
  readonly reportedAt: string;
  readonly lastReportedAt: string;
  /** How often; reports that arrive at one moment may be counted as one. */
  readonly count: number;
  readonly delivery: string | null;
}

interface Mark {
  readonly row: string;
}

/** What the marks and fingerprints of a report are made of: keyed digests, because a secret goes into them. */
export interface Digests {
  readonly mark: string;
  readonly fingerprint: string | null;
}

/** `key` is whose mark it is: with several holders of one secret, each has a report of its own. */
export const digestsOf = (
  report: LeakReport,
  digest: (text: string) => string,
  key: string | null,
): Digests => {
  const { source, leaked, about, url, signed } = report;
  const what = leaked === null ? null : [leaked.id, leaked.secret.expose()];
  // Whoever reports without proof must not fill the store with one secret at many made-up places.
  const place = signed ? url : null;
  return {
    mark: digest(`leak\n${JSON.stringify([source, what, about, place, key])}`),
    fingerprint: leaked === null ? null : shortened(digest(`leaked\n${leaked.secret.expose()}`)),
  };
};

/** Ids that sort by time, and of one millisecond by nothing. */
const newRowId = (now: Date, random: RandomBytes): string =>
  `leak_${now.getTime().toString(36).padStart(9, "0")}${randomLetters(random, 12)}`;

const document = (
  account: AccountId,
  kind: string,
  id: string,
  body: unknown,
  now: Date,
): DocumentRecord => ({
  account,
  provider: "",
  kind,
  id,
  region: "",
  version: 1,
  body,
  until: endOfRow(now.toISOString()),
});

/** A report that is kept for the first time. */
export const newRow = (
  report: LeakReport,
  digests: Digests,
  outcome: LeakOutcome,
  key: Pick<Key, "provider" | "id"> | null,
  now: Date,
): LeakRow => ({
  ...toldBy(report),
  source: report.source,
  signed: report.signed,
  outcome,
  provider: key?.provider ?? null,
  key: key?.id ?? null,
  fingerprint: digests.fingerprint,
  reportedAt: now.toISOString(),
  lastReportedAt: now.toISOString(),
  count: 1,
  delivery: report.delivery,
});

/** Both are gone at one time, and are forgotten together: a mark without its row would swallow reports. */
export const rowWrites = (
  account: AccountId,
  { mark }: Digests,
  row: LeakRow,
  {
    now,
    random,
    ended,
  }: { readonly now: Date; readonly random: RandomBytes; readonly ended: Standing["mark"] | undefined },
): { readonly id: string; readonly writes: readonly DocumentWrite[] } => {
  const id = newRowId(now, random);
  const marked = document(account, markKind, mark, { row: id } satisfies Mark, now);
  return {
    id,
    writes: [
      ended === undefined
        ? { type: "insertDocument", record: marked }
        : {
            type: "replaceDocument",
            record: { ...marked, version: ended.version + 1 },
            expectedVersion: ended.version,
          },
      { type: "insertDocument", record: document(account, rowKind, id, row, now) },
    ],
  };
};

/** What an equal report left; `row` is undefined where it has ended. */
export interface Standing {
  readonly mark: DocumentRecord;
  readonly row: DocumentRecord | undefined;
}

export const findStanding = async (
  store: Pick<Store, "readDocument">,
  account: AccountId,
  { mark: id }: Digests,
  now: Date,
): Promise<Standing | undefined> => {
  const mark = await store.readDocument(account, "", markKind, id);
  if (mark === undefined) return undefined;
  if (Date.parse(mark.until ?? "") <= now.getTime()) return { mark, row: undefined };
  const row = await store.readDocument(account, "", rowKind, (mark.body as Mark).row);
  return { mark, row };
};

/** Counts an equal report, but not another try of the same delivery. Null where there is nothing to write. */
const againWrite = (
  record: DocumentRecord,
  { delivery }: Pick<LeakReport, "delivery">,
  now: Date,
): DocumentWrite | null => {
  const row = record.body as LeakRow;
  if (delivery !== null && row.delivery === delivery) return null;
  const body: LeakRow = { ...row, delivery, count: row.count + 1, lastReportedAt: now.toISOString() };
  return {
    type: "replaceDocument",
    record: { ...record, body, version: record.version + 1 },
    expectedVersion: record.version,
  };
};

/** An equal report was taken before, and nothing is done a second time: so a replay does nothing, either. */
export const countAgain = async (
  store: Pick<Store, "progress">,
  { row }: Standing,
  report: LeakReport,
  now: Date,
): Promise<void> => {
  const write = row === undefined ? null : againWrite(row, report, now);
  if (write === null) return;
  // Lost to another one that counts at this moment: they count as one.
  await store.progress([write]).catch(ignoreRefusal);
};

/** Somebody else wrote it, or a part of it, at this moment. */
export const ignoreRefusal = (error: unknown): void => {
  if (!(error instanceof StoreRefusal)) throw error;
};

/** As it is shown. */
export type ShownLeak = Omit<LeakRow, "delivery"> & { readonly id: string };

/** Newest first. */
export const listRows = (
  store: Pick<Store, "listDocumentsBackwards">,
  account: AccountId,
  page: { readonly before: string | null; readonly limit: number },
  now: Date,
  isWanted: (row: Pick<LeakRow, "provider">) => boolean,
): Promise<{ readonly items: readonly ShownLeak[]; readonly next: string | null }> =>
  listBackwards(store, account, rowKind, page, ({ id, until = "", body }) => {
    const { delivery: _, ...row } = body as LeakRow;
    return Date.parse(until) > now.getTime() && isWanted(row) ? { id, ...row } : undefined;
  });
