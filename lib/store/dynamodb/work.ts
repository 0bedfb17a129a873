import { randomInt } from "node:crypto";
import type { TransactWriteItem } from "@aws-sdk/client-dynamodb";
import { type Fields, itemOf, keyOf, numberOf, type Place, type Row } from "./row.ts";
import type { Table } from "./table.ts";

/** The table as one transaction sees it: what it wrote itself is there, and nobody else sees that yet. */
export interface Work {
  /** Reads ahead what will be asked for, in as few calls as may be. */
  load(places: readonly Place[]): Promise<void>;
  /** Fields of a row; the transaction holds only if nobody has changed it meanwhile. */
  read(place: Place): Promise<Row | undefined>;
  /** Of a row that was read, or whose place nobody else can know. */
  put(place: Place, fields: Fields): void;
  remove(place: Place): void;
  /** Of a row that is only ever written together with one that is checked. */
  set(place: Place, fields: Fields): void;
  drop(place: Place): void;
  /** What was done since goes, if it is handed to `restore`. */
  save(): Saved;
  restore(saved: Saved): void;
  changes(table: string): readonly TransactWriteItem[];
}

interface Guarded {
  readonly place: Place;
  readonly before: Row | undefined;
  readonly after: Fields | undefined;
  readonly isChanged: boolean;
}

interface Dependent {
  readonly place: Place;
  readonly after: Fields | undefined;
}

interface Saved {
  readonly guarded: ReadonlyMap<string, Guarded>;
  readonly dependent: ReadonlyMap<string, Dependent>;
}

const nameOf = ({ pk, sk }: Place): string => `${pk} ${sk}`;

export const openWork = (table: Table): Work => {
  // As the table had them. What was only read ahead is not yet a row of the transaction, which has few to spend.
  const loaded = new Map<string, Row | undefined>();
  let guarded = new Map<string, Guarded>();
  let dependent = new Map<string, Dependent>();

  const know = (place: Place, before: Row | undefined): Guarded => {
    const one = { place, before, after: before?.fields, isChanged: false };
    guarded.set(nameOf(place), one);
    return one;
  };

  const load: Work["load"] = async (places) => {
    const unknown = places.filter((place) => !loaded.has(nameOf(place)) && !guarded.has(nameOf(place)));
    if (unknown.length === 0) return;
    const rows = await table.get(unknown);
    for (const [at, place] of unknown.entries()) loaded.set(nameOf(place), rows[at]);
  };

  const change = (place: Place, after: Fields | undefined): void => {
    const { before } = guarded.get(nameOf(place)) ?? know(place, loaded.get(nameOf(place)));
    guarded.set(nameOf(place), { place, before, after, isChanged: true });
  };

  return {
    load,
    read: async (place) => {
      await load([place]);
      const name = nameOf(place);
      const fields = (guarded.get(name) ?? know(place, loaded.get(name))).after;
      return fields && { place, fields };
    },
    put: change,
    remove: (place) => change(place, undefined),
    set: (place, after) => void dependent.set(nameOf(place), { place, after }),
    drop: (place) => void dependent.set(nameOf(place), { place, after: undefined }),
    save: () => ({ guarded: new Map(guarded), dependent: new Map(dependent) }),
    // What a unit read that is refused is no row of the others': it was true at a moment of its own call, which is all a
    // refusal says.
    restore: (saved) => {
      guarded = new Map(saved.guarded);
      dependent = new Map(saved.dependent);
    },
    changes: (name) => [
      ...[...guarded.values()].flatMap((one) => guardedChange(name, one)),
      ...[...dependent.values()].map((one) => dependentChange(name, one)),
    ],
  };
};

/** At random: of a row that was removed and made again, counting would come to the same revision. */
const revisions = 2 ** 48 - 1;

/** Every row that was read is written or checked at the revision that was read. */
const guardedChange = (
  TableName: string,
  { place, before, after, isChanged }: Guarded,
): readonly TransactWriteItem[] => {
  const condition =
    before === undefined
      ? { ConditionExpression: "attribute_not_exists(pk)" }
      : {
          ConditionExpression: "rev = :rev",
          ExpressionAttributeValues: { ":rev": { N: String(numberOf(before, "rev")) } },
        };
  const Key = keyOf(place);
  if (!isChanged || (after === undefined && before === undefined)) {
    return [{ ConditionCheck: { TableName, Key, ...condition } }];
  }
  if (after === undefined) return [{ Delete: { TableName, Key, ...condition } }];
  return [{ Put: { TableName, Item: itemOf(place, { ...after, rev: randomInt(revisions) }), ...condition } }];
};

const dependentChange = (TableName: string, { place, after }: Dependent): TransactWriteItem =>
  after === undefined
    ? { Delete: { TableName, Key: keyOf(place) } }
    : { Put: { TableName, Item: itemOf(place, after) } };
