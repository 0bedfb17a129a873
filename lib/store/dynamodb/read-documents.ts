import type { DocumentRecord, Store } from "../port.ts";
import { documentPlace, documentsPartition } from "./places.ts";
import { documentOf, numberOf } from "./row.ts";
import type { Table } from "./table.ts";

type DocumentReads = Pick<Store, "readDocument" | "listDocuments" | "listDocumentsUnlike">;

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
});
