import * as z from "zod";
import { Refusal } from "../errors.ts";

/**
 * The query and form shape of API 3.0: nested fields as dotted names with 0-based indexes, every scalar as text
 * (`Filters.0.Values.1=a`). The schema says which texts are numbers and booleans, and where an index stands. A blank text
 * is kept where the schema takes one; elsewhere it means absent, because Node's SDK sends an unset field of a signed GET so.
 */
export const unflatten = (schema: z.ZodType, pairs: ReadonlyMap<string, string>): unknown => {
  const root = new Map<string, Node>();
  for (const [name, text] of pairs) place(root, name.split("."), text, name);
  return build(schema, root, "");
};

type Node = string | Map<string, Node>;

/** Nothing documented is nested deeper; without a bound `a.a.a…` is a cheap way to a deep recursion. */
const depthMax = 8;

const place = (root: Map<string, Node>, path: readonly string[], text: string, name: string): void => {
  const leaf = path.at(-1);
  if (leaf === undefined || path.length > depthMax) throw notPairs(name);
  let inner = root;
  for (const part of path.slice(0, -1)) {
    const next = inner.get(part) ?? new Map<string, Node>();
    if (typeof next === "string") throw notPairs(name);
    inner.set(part, next);
    inner = next;
  }
  if (inner.has(leaf)) throw notPairs(name);
  inner.set(leaf, text);
};

const notPairs = (name: string): Refusal =>
  new Refusal(
    "body_malformed",
    `The parameter \`${name.slice(0, 60).replace(/[^\w.]/g, "?")}\` contradicts another one.`,
  );

const unwrap = (schema: unknown): unknown => {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodNullable || inner instanceof z.ZodDefault) {
    inner = inner.unwrap();
  }
  return inner;
};

const build = (schema: unknown, node: Node, path: string): unknown => {
  const known = unwrap(schema);
  if (node === "" && known instanceof z.ZodType && !known.safeParse("").success) return undefined;
  if (typeof node === "string") return scalar(known, node);
  if (known instanceof z.ZodArray) return list(known.element, node, path);
  const shape: Record<string, unknown> = known instanceof z.ZodObject ? known.shape : {};
  const entries: [string, unknown][] = [];
  for (const [name, inner] of node) {
    const value = build(Object.hasOwn(shape, name) ? shape[name] : undefined, inner, `${path}${name}.`);
    if (value !== undefined) entries.push([name, value]);
  }
  // Own properties only, `__proto__` among them: the schema then refuses the name like any other unknown one.
  return Object.fromEntries(entries);
};

/** The indexes must be 0, 1, 2, …: a gap or a huge index would make a sparse list. */
const list = (element: unknown, node: Map<string, Node>, path: string): unknown[] => {
  const items: unknown[] = [];
  for (let index = 0; index < node.size; index++) {
    const inner = node.get(String(index));
    if (inner === undefined)
      throw new Refusal("body_malformed", `The parameter \`${path}N\` must be numbered 0, 1, 2, ….`);
    items.push(build(element, inner, `${path}${index}.`));
  }
  return items;
};

/** A text that does not fit stays a text, so that the schema says what is wrong with it. */
const scalar = (schema: unknown, text: string): unknown => {
  if (schema instanceof z.ZodNumber) return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
  if (schema instanceof z.ZodBoolean) {
    const lower = text.toLowerCase(); // Python sends `True`
    return lower === "true" ? true : lower === "false" ? false : text;
  }
  return text;
};
