import { type DocumentRecord, StoreRefusal, type Write } from "../port.ts";
import { documentPlace } from "./places.ts";
import { documentOf, type Fields, numberOf, type Place, type Row } from "./row.ts";
import { ttlOf } from "./ttl.ts";
import type { Work } from "./work.ts";

type WriteOf<Type extends Write["type"]> = Extract<Write, { type: Type }>;

const placeOf = ({ account, provider, kind, id }: DocumentRecord): Place =>
  documentPlace(account, provider, kind, id);

const fieldsOf = (record: DocumentRecord, seq: number): Fields => ({
  doc: JSON.stringify(record),
  seq,
  ...(record.until !== undefined && { ttl: ttlOf(Date.parse(record.until)) }),
});

const found = async (
  work: Work,
  type: Write["type"],
  record: DocumentRecord,
  expectedVersion: number,
): Promise<Row> => {
  const row = await work.read(placeOf(record));
  if (row === undefined) throw new StoreRefusal("missing", type);
  if (documentOf<DocumentRecord>(row).version !== expectedVersion) throw new StoreRefusal("conflict", type);
  return row;
};

export const insertDocument = async (
  work: Work,
  { type, record }: WriteOf<"insertDocument">,
  seq: number,
): Promise<void> => {
  const place = placeOf(record);
  if ((await work.read(place)) !== undefined) throw new StoreRefusal("exists", type);
  work.put(place, fieldsOf(record, seq));
};

export const replaceDocument = async (
  work: Work,
  { type, record, expectedVersion }: WriteOf<"replaceDocument">,
): Promise<void> => {
  const row = await found(work, type, record, expectedVersion);
  work.put(row.place, fieldsOf(record, numberOf(row, "seq")));
};

export const deleteDocument = async (
  work: Work,
  { type, record, expectedVersion }: WriteOf<"deleteDocument">,
): Promise<void> => {
  const { place } = await found(work, type, record, expectedVersion);
  work.remove(place);
};

/** What a write of documents will read. */
export const documentPlaces = (write: Write): readonly Place[] =>
  write.type === "insertDocument" || write.type === "replaceDocument" || write.type === "deleteDocument"
    ? [placeOf(write.record)]
    : [];
