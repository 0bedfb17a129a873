import { setTimeout as sleep } from "node:timers/promises";
import {
  BatchGetItemCommand,
  type DynamoDBClient,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { isLostRace, refusedPlaces, StoreBusy } from "./failure.ts";
import { type Item, keyOf, type Place, type Row, rowOf } from "./row.ts";

export interface RowQuery {
  readonly pk: string;
  /** Bounds of `sk`, both belong to it. */
  readonly from?: string;
  readonly to?: string;
  readonly order?: "asc" | "desc";
  /** Read at once; more is read when more is asked for. */
  readonly pageSize?: number;
}

/** How one update or one transaction ended: `lost` tells the places, in its order, whose conditions did not hold. */
export type Written =
  | { readonly type: "written"; readonly item: Item | undefined }
  | { readonly type: "lost"; readonly places: readonly number[]; readonly item: Item | undefined };

/** The one table, in what this store does with it. Reads are strongly consistent. */
export interface Table {
  /** In the order of the places. */
  get(places: readonly Place[]): Promise<readonly (Row | undefined)[]>;
  query(query: RowQuery): AsyncIterable<Row>;
  update(
    input: Omit<UpdateItemCommandInput, "TableName" | "Key"> & { readonly place: Place },
  ): Promise<Written>;
  /** All or nothing, once, whoever sends it again with the same token. */
  transact(items: readonly TransactWriteItem[], token: string): Promise<Written>;
  readonly name: string;
  isOpen(): boolean;
  /** Whatever is asked of it afterwards is refused. */
  close(): void;
}

const batchMax = 100;
/** Of what a busy table leaves unread. */
const triesMax = 8;

export const openTable = (given: DynamoDBClient, name: string): Table => {
  let client: DynamoDBClient | undefined = given;
  const open = (): DynamoDBClient => {
    if (client === undefined) throw new Error("the store is closed");
    return client;
  };

  const getBatch = async (places: readonly Place[], found: Map<string, Row>): Promise<void> => {
    let keys = places.map(keyOf);
    for (let tries = 0; keys.length > 0; tries++) {
      if (tries === triesMax) throw new StoreBusy();
      if (tries > 0) await sleep(pauseMs(tries));
      const { Responses, UnprocessedKeys } = await open().send(
        new BatchGetItemCommand({ RequestItems: { [name]: { Keys: keys, ConsistentRead: true } } }),
      );
      for (const item of Responses?.[name] ?? []) {
        const row = rowOf(item);
        found.set(nameOf(row.place), row);
      }
      keys = UnprocessedKeys?.[name]?.Keys ?? [];
    }
  };

  return {
    name,
    get: async (places) => {
      const found = new Map<string, Row>();
      const wanted = [...new Map(places.map((place) => [nameOf(place), place])).values()];
      const batches = Array.from({ length: Math.ceil(wanted.length / batchMax) }, (_, batch) =>
        getBatch(wanted.slice(batch * batchMax, (batch + 1) * batchMax), found),
      );
      await Promise.all(batches);
      return places.map((place) => found.get(nameOf(place)));
    },

    query: async function* ({ pk, from, to, order = "asc", pageSize }) {
      let start: Item | undefined;
      do {
        const { Items, LastEvaluatedKey } = await open().send(
          new QueryCommand({
            TableName: name,
            ConsistentRead: true,
            ScanIndexForward: order === "asc",
            ...range(pk, from, to),
            ...(pageSize !== undefined && { Limit: pageSize }),
            ...(start && { ExclusiveStartKey: start }),
          }),
        );
        for (const item of Items ?? []) yield rowOf(item);
        start = LastEvaluatedKey;
      } while (start !== undefined);
    },

    update: async ({ place, ...input }) => {
      try {
        const { Attributes } = await open().send(
          new UpdateItemCommand({
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
            ...input,
            TableName: name,
            Key: keyOf(place),
          }),
        );
        return { type: "written", item: Attributes };
      } catch (error) {
        if (!isLostRace(error)) throw error;
        return {
          type: "lost",
          places: [0],
          item: error instanceof Error && "Item" in error ? (error.Item as Item | undefined) : undefined,
        };
      }
    },

    transact: async (items, token) => {
      try {
        await open().send(
          new TransactWriteItemsCommand({ TransactItems: [...items], ClientRequestToken: token }),
        );
        return { type: "written", item: undefined };
      } catch (error) {
        const places = refusedPlaces(error);
        if (places === undefined) throw error;
        return { type: "lost", places, item: undefined };
      }
    },

    isOpen: () => client !== undefined,
    close: () => {
      client?.destroy();
      client = undefined;
    },
  };
};

const nameOf = ({ pk, sk }: Place): string => `${pk} ${sk}`;

/** Full jitter: whoever lost a race together must not meet again. */
export const pauseMs = (tries: number): number => Math.random() * Math.min(500, 10 * 2 ** tries);

const range = (pk: string, from: string | undefined, to: string | undefined) => {
  const bound =
    from !== undefined && to !== undefined
      ? " AND sk BETWEEN :from AND :to"
      : from !== undefined
        ? " AND sk >= :from"
        : to !== undefined
          ? " AND sk <= :to"
          : "";
  return {
    KeyConditionExpression: `pk = :pk${bound}`,
    ExpressionAttributeValues: {
      ":pk": { S: pk },
      ...(from !== undefined && { ":from": { S: from } }),
      ...(to !== undefined && { ":to": { S: to } }),
    },
  };
};
