import { randomUUID } from "node:crypto";
import { NewerFormat } from "../newer-format.ts";
import type { WrappedKey } from "../port/records.ts";
import type { Store } from "../port/store.ts";
import { masterPlace, wrappedPartition, wrappedPlace } from "./places.ts";
import { attributeOf, documentOf, itemOf, keyOf, type Row, rowOf, textOf } from "./row.ts";
import type { Table } from "./table.ts";

type WrappedKeys = Pick<
  Store,
  "listWrappedKeys" | "keepWrappedKey" | "readMasterId" | "setMasterId" | "listWrappedByOthers" | "rewrap"
>;

const fieldsOf = (row: WrappedKey) => ({ doc: JSON.stringify(row), master: row.masterId });

/** Of the rows of a table; one whose first row has no number was written before there were numbers. */
const formatKnown = 1;

export const openWrappedKeys = (table: Table): WrappedKeys => {
  /** Asked where a process starts, which reads this row anyway. */
  const refuseNewer = (master: Row): void => {
    const { format = formatKnown } = master.fields;
    if (typeof format !== "number" || format > formatKnown) {
      throw new NewerFormat(table.name, String(format), formatKnown);
    }
  };

  const read = async ({ purpose, account }: WrappedKey): Promise<WrappedKey | undefined> => {
    const [row] = await table.get([wrappedPlace(purpose, account)]);
    return row && documentOf<WrappedKey>(row);
  };

  return {
    listWrappedKeys: async (purpose, account) => {
      const [row] = await table.get([wrappedPlace(purpose, account)]);
      return row === undefined ? [] : [documentOf<WrappedKey>(row)];
    },

    keepWrappedKey: async (row) => {
      const TableName = table.name;
      const written = await table.transact(
        [
          {
            Put: {
              TableName,
              Item: itemOf(wrappedPlace(row.purpose, row.account), fieldsOf(row)),
              ConditionExpression: "attribute_not_exists(pk)",
            },
          },
          {
            ConditionCheck: {
              TableName,
              Key: keyOf(masterPlace),
              ConditionExpression: "#value = :master",
              ExpressionAttributeNames: { "#value": "value" },
              ExpressionAttributeValues: { ":master": attributeOf(row.masterId) },
            },
          },
        ],
        randomUUID(),
      );
      // Lost: to one who kept another, or to a master key that is another one now.
      return written.type === "written" ? row : read(row);
    },

    readMasterId: async () => {
      const [row] = await table.get([masterPlace]);
      if (row === undefined) return undefined;
      refuseNewer(row);
      return textOf(row, "value");
    },
    setMasterId: async (id) => {
      const written = await table.update({
        place: masterPlace,
        UpdateExpression: "SET #value = :value, #format = if_not_exists(#format, :format)",
        ConditionExpression: "attribute_not_exists(#format) OR #format <= :format",
        ExpressionAttributeNames: { "#value": "value", "#format": "format" },
        ExpressionAttributeValues: { ":value": attributeOf(id), ":format": attributeOf(formatKnown) },
      });
      if (written.type === "lost" && written.item !== undefined) refuseNewer(rowOf(written.item));
      if (written.type === "lost") throw new Error("the master's row refused what it must take");
    },

    listWrappedByOthers: async (masterId, limit) => {
      const found: WrappedKey[] = [];
      for await (const row of table.query({ pk: wrappedPartition })) {
        if (found.length >= limit) break;
        if (textOf(row, "master") !== masterId) found.push(documentOf<WrappedKey>(row));
      }
      return found;
    },

    rewrap: async (rows) => {
      await Promise.all(
        rows.map(({ row, from }) => {
          const { doc, master } = fieldsOf(row);
          return table.update({
            place: wrappedPlace(row.purpose, row.account),
            UpdateExpression: "SET #doc = :doc, #master = :master",
            ConditionExpression: "#master = :from",
            ExpressionAttributeNames: { "#doc": "doc", "#master": "master" },
            ExpressionAttributeValues: {
              ":doc": attributeOf(doc),
              ":master": attributeOf(master),
              ":from": attributeOf(from),
            },
          });
        }),
      );
    },
  };
};
