import type { DocumentRecord } from "../port/records.ts";
import { type DocumentWrite, StoreRefusal, type Write } from "../port/unit.ts";
import { documentPlace, duePlace } from "./places.ts";
import { documentOf, type Fields, numberOf, type Place } from "./row.ts";
import { ttlOf } from "./ttl.ts";
import type { Work } from "./work.ts";

const placeOf = ({ account, provider, kind, id }: DocumentRecord): Place =>
  documentPlace(account, provider, kind, id);

const endOf = ({ until }: DocumentRecord): Fields =>
  until === undefined ? {} : { ttl: ttlOf(Date.parse(until)) };

const fieldsOf = (record: DocumentRecord, seq: number): Fields => ({
  doc: JSON.stringify(record),
  seq,
  ...endOf(record),
});

/** When it is due changes together with the document, which is what the transaction checks. */
const moveDue = (work: Work, before: DocumentRecord | undefined, after: DocumentRecord | undefined): void => {
  if (before?.due !== undefined && before.due !== after?.due) work.drop(duePlace(before, before.due));
  if (after?.due !== undefined) work.set(duePlace(after, after.due), endOf(after));
};

export const writeDocument = async (work: Work, write: DocumentWrite, seq: number): Promise<void> => {
  const { type, record } = write;
  const place = placeOf(record);
  const row = await work.read(place);
  if (type === "insertDocument") {
    if (row !== undefined) throw new StoreRefusal("exists", type);
    work.put(place, fieldsOf(record, seq));
    moveDue(work, undefined, record);
    return;
  }
  if (row === undefined) throw new StoreRefusal("missing", type);
  const before = documentOf<DocumentRecord>(row);
  if (before.version !== write.expectedVersion) throw new StoreRefusal("conflict", type);
  if (type === "deleteDocument") {
    work.remove(place);
    moveDue(work, before, undefined);
    return;
  }
  work.put(place, fieldsOf(record, numberOf(row, "seq")));
  moveDue(work, before, record);
};

/** What a write of documents will read. */
export const documentPlaces = (write: Write): readonly Place[] =>
  write.type === "insertDocument" || write.type === "replaceDocument" || write.type === "deleteDocument"
    ? [placeOf(write.record)]
    : [];
