import type { DocumentRecord } from "../port/records.ts";
import type { Store } from "../port/store.ts";
import { documentPlace, documentsPartition, dueBound, dueDocument, duePartitions } from "./places.ts";
import { documentOf, numberOf, type Place } from "./row.ts";
import type { Table } from "./table.ts";

type DocumentReads = Pick<
  Store,
  "readDocument" | "listDocuments" | "listDocumentsUnlike" | "listDocumentsBackwards" | "listDue"
>;

export const openDocumentReads = (table: Table): DocumentReads => ({
  readDocument: async (account, provider, kind, id) => {
    const [row] = await table.get([documentPlace(account, provider, kind, id)]);
    return row && documentOf<DocumentRecord>(row);
  },

  listDocuments: async (account, provider, kind, region) => {
    const found: { readonly seq: number; readonly record: DocumentRecord }[] = [];
    for await (const row of table.query({ pk: documentsPartition(account, provider, kind) })) {
      const record = documentOf<DocumentRecord>(row);
      if (record.region === region) found.push({ seq: numberOf(row, "seq"), record });
    }
    return found.sort((one, other) => other.seq - one.seq).map(({ record }) => record);
  },

  listDocumentsUnlike: async (account, provider, kind, { name, value }, { afterId, limit }) => {
    const found: DocumentRecord[] = [];
    const { pk, sk: from } = documentPlace(account, provider, kind, afterId);
    for await (const row of table.query({ pk, from })) {
      if (found.length === limit) break;
      const record = documentOf<DocumentRecord>(row);
      const { body } = record;
      const told: unknown = typeof body === "object" && body !== null ? Reflect.get(body, name) : undefined;
      if (record.id !== afterId && told !== value) found.push(record);
    }
    return found;
  },

  listDocumentsBackwards: async (account, provider, kind, { before, limit }) => {
    const found: DocumentRecord[] = [];
    if (limit <= 0) return found;
    const pk = documentsPartition(account, provider, kind);
    const to = before === null ? undefined : documentPlace(account, provider, kind, before).sk;
    const rows = table.query({ pk, ...(to !== undefined && { to }), order: "desc", pageSize: limit + 1 });
    for await (const row of rows) {
      if (row.place.sk === to) continue;
      found.push(documentOf<DocumentRecord>(row));
      if (found.length === limit) break;
    }
    return found;
  },

  listDue: async (kind, now, limit) => {
    const ofShard = async (pk: string): Promise<readonly Place[]> => {
      const places: Place[] = [];
      for await (const { place } of table.query({ pk, to: dueBound(now), pageSize: limit })) {
        places.push(place);
        if (places.length >= limit) break;
      }
      return places;
    };
    const shards = await Promise.all(duePartitions(kind).map(ofShard));
    const first = shards
      .flat()
      .sort((one, other) => (one.sk < other.sk ? -1 : 1))
      .slice(0, limit);
    const rows = await table.get(first.map((place) => dueDocument(kind, place)));
    // One that was written between the two readings is due at another time, or gone.
    return rows
      .flatMap((row) => (row === undefined ? [] : [documentOf<DocumentRecord>(row)]))
      .filter(({ due }) => due !== undefined && due <= now);
  },
});
