import { randomUUID } from "node:crypto";
import type { Store, WrappedKey } from "../port.ts";
import { masterPlace, wrappedPartition, wrappedPlace } from "./places.ts";
import { attributeOf, documentOf, itemOf, keyOf, textOf } from "./row.ts";
import type { Table } from "./table.ts";

type WrappedKeys = Pick<
  Store,
  "listWrappedKeys" | "keepWrappedKey" | "readMasterId" | "setMasterId" | "listWrappedByOthers" | "rewrap"
>;

const fieldsOf = (row: WrappedKey) => ({ doc: JSON.stringify(row), master: row.masterId });

export const openWrappedKeys = (table: Table): WrappedKeys => {
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
      return row && textOf(row, "value");
    },
    setMasterId: async (id) => {
      await table.update({
        place: masterPlace,
        UpdateExpression: "SET #value = :value",
        ExpressionAttributeNames: { "#value": "value" },
        ExpressionAttributeValues: { ":value": attributeOf(id) },
      });
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
