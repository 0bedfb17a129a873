import * as z from "zod";
import { type Exception, exception, type RuleCode } from "../schemas/hygiene.ts";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { DocumentWrite } from "../store/port/unit.ts";

/** What an account lives with for a while: of each key one document, which ends with its last exception. */
const kind = "hygiene-exception";

const body = z.object({ exceptions: z.array(exception) });

interface Place {
  readonly account: AccountId;
  readonly provider: string;
  readonly id: string;
}

/** Names of providers have no `/` in them. */
const idOf = ({ provider, id }: Pick<Place, "provider" | "id">): string => `${provider}/${id}`;

const exceptionsIn = (record: DocumentRecord | undefined): readonly Exception[] =>
  record === undefined ? [] : body.parse(record.body).exceptions;

export const isOpen = ({ until }: Exception, now: Date): boolean => Date.parse(until) > now.getTime();

export interface ReadExceptions {
  readonly record: DocumentRecord | undefined;
  /** Those that have not ended. */
  readonly open: readonly Exception[];
}

export const readExceptions = async (
  store: Pick<Store, "readDocument">,
  place: Place,
  now: Date,
): Promise<ReadExceptions> => {
  const record = await store.readDocument(place.account, "", kind, idOf(place));
  return { record, open: exceptionsIn(record).filter((one) => isOpen(one, now)) };
};

/** By rule, when they end. */
export const endsOf = (open: readonly Exception[]): Readonly<Partial<Record<RuleCode, string>>> =>
  Object.fromEntries(open.map(({ rule, until }) => [rule, until]));

/** The exceptions of a key as they shall be from now on. */
export const exceptionsWrite = (
  place: Place,
  before: DocumentRecord | undefined,
  exceptions: readonly Exception[],
): DocumentWrite => {
  const until = exceptions
    .map((one) => one.until)
    .sort()
    .at(-1);
  const record: DocumentRecord = {
    account: place.account,
    provider: "",
    kind,
    id: idOf(place),
    region: "",
    version: (before?.version ?? 0) + 1,
    body: { exceptions },
    ...(until !== undefined && { until }),
  };
  if (before === undefined) return { type: "insertDocument", record };
  const expectedVersion = before.version;
  return until === undefined
    ? { type: "deleteDocument", record: before, expectedVersion }
    : { type: "replaceDocument", record, expectedVersion };
};

export interface ExceptionPage {
  readonly items: readonly Exception[];
  readonly next: string | null;
}

/**
 * Of a page of keys that have some. It ends with one that the reader may see: a cursor names a key, so that it must not be
 * one of a provider beyond their reach.
 */
export const listExceptions = async (
  store: Pick<Store, "listDocumentsBackwards">,
  account: AccountId,
  { before, limit }: { readonly before: string | null; readonly limit: number },
  isShown: (one: Exception) => boolean,
): Promise<ExceptionPage> => {
  const items: Exception[] = [];
  for (let from = before; ; ) {
    const records = await store.listDocumentsBackwards(account, "", kind, { before: from, limit });
    items.push(...records.flatMap(exceptionsIn).filter(isShown));
    const [shown, last] = [items.at(-1), records.at(-1)];
    if (last === undefined || records.length < limit) return { items, next: null };
    if (shown !== undefined) return { items, next: idOf(shown) };
    from = last.id;
  }
};
