import type { ServiceName } from "../../schemas/key.ts";
import type { KeyFilter } from "../port/key-query.ts";

/** A key as its list has it. */
export interface Listed {
  readonly service: ServiceName;
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly variant: string;
  readonly team: string | null;
  readonly createdAt: number;
  readonly seq: number;
  /** Where a filter asks for it. */
  readonly lastUsedAt: string | null;
}

/** Last uses stand elsewhere: their rows are read only where a filter is about them. */
export const needsUses = ({ field }: KeyFilter): boolean => field === "activeAt";

/** ASCII alone, as the other store has it. */
const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());

const contains = (text: string, pieces: readonly string[]): boolean => {
  const lower = lowerAscii(text);
  return pieces.some((piece) => lower.includes(lowerAscii(piece)));
};

export const matches = (filter: KeyFilter, key: Listed): boolean => {
  switch (filter.field) {
    case "digest":
      throw new Error("digests are looked up, not compared");
    case "team":
      return key.team !== null && filter.values.includes(key.team);
    case "nameOrId":
      return contains(key.name, filter.values) || contains(key.id, filter.values);
    case "createdAt":
      return isOn(filter.op, key.createdAt, Date.parse(filter.values[0]));
    case "activeAt":
      return isOn(filter.op, key.lastUsedAt ?? new Date(key.createdAt).toISOString(), filter.values[0]);
    default:
      return meetsText(filter.op, key[filter.field], filter.values);
  }
};

const isOn = <Value extends string | number>(op: "before" | "from", value: Value, edge: Value): boolean =>
  op === "before" ? value < edge : value >= edge;

const meetsText = (
  op: "equals" | "contains" | "not" | "lacks",
  text: string,
  values: readonly string[],
): boolean => {
  switch (op) {
    case "equals":
      return values.includes(text);
    case "not":
      return !values.includes(text);
    case "contains":
      return contains(text, values);
    case "lacks":
      return !contains(text, values);
  }
};
