import { setTimeout as sleep } from "node:timers/promises";
import type { TransactWriteItem, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import type { DynamoCalls } from "./calls.ts";
import { isConflict, isLostRace, rowAgainst, toldOf, unavailable } from "./failure.ts";
import { attributeOf, type Item, keyOf, type Place, type Row, rowOf } from "./row.ts";

export interface RowQuery {
  readonly pk: string;
  /** Bounds of `sk`, both belong to it. */
  readonly from?: string;
  readonly to?: string;
  readonly order?: "asc" | "desc";
  /** Read at once; more is read when more is asked for. */
  readonly pageSize?: number;
}

/** How one update or one transaction ended; `lost`: a condition did not hold, or, of a transaction, somebody else wrote meanwhile. */
export interface Written {
  readonly type: "written" | "lost";
  /** Of an update: what is asked for of the row, or what the row is that stood against it. */
  readonly item: Item | undefined;
}

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
/** Callers name offsets and limits; DynamoDB takes numbers of 32 bits, and has no more in its 1 MB than some thousands. */
const pageSizeMax = 1000;
/** Of what a busy table leaves unread, and of updates of a row that transactions have. */
const triesMax = 8;

export const openTable = (given: DynamoCalls, name: string): Table => {
  let isOpen = true;
  const calls = (): DynamoCalls => {
    if (!isOpen) throw new Error("the store is closed");
    return given;
  };

  const read = async <Answer>(ask: (asked: DynamoCalls) => Promise<Answer>): Promise<Answer> =>
    ask(calls()).catch((error: unknown) => {
      throw toldOf(error, "read");
    });

  const getBatch = async (places: readonly Place[], found: Map<string, Row>): Promise<void> => {
    let keys = places.map(keyOf);
    for (let tries = 0; keys.length > 0; tries++) {
      if (tries === triesMax) throw unavailable("nothing");
      if (tries > 0) await sleep(pauseMs(tries));
      const input = { RequestItems: { [name]: { Keys: keys, ConsistentRead: true } } };
      const { Responses, UnprocessedKeys } = await read((asked) => asked.batchGet(input));
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
      const wanted = [...new Map(places.map((place) => [nameOf(place), place])).values()].filter(mayStand);
      const batches = Array.from({ length: Math.ceil(wanted.length / batchMax) }, (_, batch) =>
        getBatch(wanted.slice(batch * batchMax, (batch + 1) * batchMax), found),
      );
      await Promise.all(batches);
      return places.map((place) => found.get(nameOf(place)));
    },

    query: async function* ({ pk, from, to, order = "asc", pageSize }) {
      let start: Item | undefined;
      do {
        const input = {
          TableName: name,
          ConsistentRead: true,
          ScanIndexForward: order === "asc",
          ...range(pk, from, to),
          ...(pageSize !== undefined && { Limit: Math.min(pageSize, pageSizeMax) }),
          ...(start && { ExclusiveStartKey: start }),
        };
        const { Items, LastEvaluatedKey } = await read((asked) => asked.query(input));
        for (const item of Items ?? []) yield rowOf(item);
        start = LastEvaluatedKey;
      } while (start !== undefined);
    },

    update: async ({ place, ...input }) => {
      for (let tries = 0; ; tries++) {
        const asked = calls();
        try {
          const { Attributes } = await asked.update({
            ReturnValuesOnConditionCheckFailure: "ALL_OLD",
            ...input,
            TableName: name,
            Key: keyOf(place),
          });
          return { type: "written", item: Attributes };
        } catch (error) {
          // A transaction has the row at this moment: nobody has looked at the condition, and nothing is lost.
          if (isConflict(error)) {
            if (tries === triesMax) throw unavailable("nothing", error);
          } else {
            if (!isLostRace(error)) throw toldOf(error, "write");
            return { type: "lost", item: rowAgainst(error) };
          }
        }
        await sleep(pauseMs(tries));
      }
    },

    transact: async (items, token) => {
      const asked = calls();
      try {
        await asked.transact({ TransactItems: [...items], ClientRequestToken: token });
        return { type: "written", item: undefined };
      } catch (error) {
        if (!isLostRace(error)) throw toldOf(error, "write");
        return { type: "lost", item: undefined };
      }
    },

    isOpen: () => isOpen,
    close: () => {
      if (isOpen) given.close();
      isOpen = false;
    },
  };
};

/** As the row that is found there is called. */
const nameOf = ({ pk, sk }: Place): string => `${pk} ${sk}`.toWellFormed();

/** In bytes, as DynamoDB has it. Callers name ids: behind one that is too long no row stands, and asking is an error. */
const mayStand = ({ pk, sk }: Place): boolean =>
  Buffer.byteLength(pk) <= 2048 && Buffer.byteLength(sk) <= 1024;

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
      ":pk": attributeOf(pk),
      ...(from !== undefined && { ":from": attributeOf(from) }),
      ...(to !== undefined && { ":to": attributeOf(to) }),
    },
  };
};
