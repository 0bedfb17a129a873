import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { UnreadableRow } from "../../errors.ts";

/** Where a row stands: the key of the one table. */
export interface Place {
  readonly pk: string;
  readonly sk: string;
}

/** Documents are texts, as in the other store: nothing but what is asked for by name has an attribute of its own. */
export type Field = string | number | readonly string[];
export type Fields = Readonly<Record<string, Field>>;

/** A row as it was read. */
export interface Row {
  readonly place: Place;
  readonly fields: Fields;
}

export type Item = Record<string, AttributeValue>;

/** Half a surrogate pair, which JSON can say, cannot be encoded: it is replaced, as it is where UTF-8 is written. */
const textAttribute = (text: string): AttributeValue => ({ S: text.toWellFormed() });

export const attributeOf = (value: Field): AttributeValue => {
  if (typeof value === "number") return { N: String(value) };
  return typeof value === "string" ? textAttribute(value) : { SS: [...value] };
};

export const attributesOf = (fields: Fields): Item =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, attributeOf(value)]));

export const keyOf = ({ pk, sk }: Place): Item => ({ pk: textAttribute(pk), sk: textAttribute(sk) });

export const itemOf = (place: Place, fields: Fields): Item => ({ ...keyOf(place), ...attributesOf(fields) });

export const rowOf = (item: Item): Row => {
  const { pk, sk, ...rest } = item;
  const fields: Record<string, Field> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (value.S !== undefined) fields[name] = value.S;
    else if (value.N !== undefined) fields[name] = Number(value.N);
    else if (value.SS !== undefined) fields[name] = value.SS;
  }
  return { place: { pk: pk?.S ?? "", sk: sk?.S ?? "" }, fields };
};

const unreadable = ({ place }: Row, name: string): UnreadableRow =>
  new UnreadableRow(`the row ${place.pk} has no ${name}: another version of Keyway wrote it`);

/** Of a field that every row of its kind has. */
export const textOf = (row: Row, name: string): string => {
  const value = row.fields[name];
  if (typeof value === "string") return value;
  throw unreadable(row, name);
};

export const numberOf = (row: Row, name: string): number => {
  const value = row.fields[name];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw unreadable(row, name);
};

/** Of a field that is JSON. What it says is what this store wrote: checking it again would double the cost of a read. */
export const jsonOf = <Value>(row: Row, name: string): Value => {
  try {
    return JSON.parse(textOf(row, name));
  } catch (error) {
    // The text of a fault of JSON quotes what it choked on.
    throw error instanceof SyntaxError ? unreadable(row, name) : error;
  }
};

export const documentOf = <Document>(row: Row): Document => jsonOf(row, "doc");

/** Decimal and of one length, so that texts are in the order of their numbers. */
export const ordered = (number: number): string => String(number).padStart(16, "0");
