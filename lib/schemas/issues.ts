import type * as z from "zod";
import { type ErrorCode, type FieldIssue, Refusal } from "../errors.ts";

type FieldCode = Extract<ErrorCode, `field_${string}` | "unsupported">;

/** What is wrong first: a body of the wrong shape says little about its values. */
const order: readonly FieldCode[] = [
  "field_type_invalid",
  "field_unknown",
  "unsupported",
  "field_missing",
  "field_conflict",
  "field_value_invalid",
];

const typeNames: Readonly<Record<string, string>> = {
  string: "a String",
  number: "a number",
  int: "an Integer",
  boolean: "a Boolean",
  array: "an Array",
  object: "an Object",
  record: "an Object",
};

/** The value at a path of own properties, or undefined. */
export const at = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, name) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, name)
        ? Reflect.get(inner, name)
        : undefined,
    value,
  );

/** A name the caller made up may itself be a secret sent in the wrong place: only ones like documented ones are repeated. */
const repeatable = (name: string): string => (/^[A-Za-z_]{1,32}\d{0,3}$/.test(name) ? name : "?");

/** A path leads through names of the caller's own where a field is a record: tags, for one. */
const pathText = (path: readonly PropertyKey[]): string =>
  path.map((part) => (typeof part === "number" ? String(part) : repeatable(String(part)))).join(".");

interface Finding extends FieldIssue {
  readonly code: FieldCode;
  readonly reason?: string | undefined;
}

/** Of a body made of faults, enough to mend it by; naming them all would take longer than reading it. */
const findingsMax = 20;

/** What is wrong with the value at the issue's path: `must be an Array.` */
const verdict = (issue: z.core.$ZodIssue, input: unknown): Pick<Finding, "code" | "message"> => {
  if (issue.code === "custom") {
    const code: FieldCode = order.find((known) => known === issue.params?.code) ?? "field_value_invalid";
    return { code, message: issue.message };
  }
  if (at(input, issue.path) === undefined) return { code: "field_missing", message: "is required." };
  if (issue.code === "invalid_type") {
    return {
      code: "field_type_invalid",
      message: `must be ${typeNames[issue.expected] ?? issue.expected}.`,
    };
  }
  if (issue.code === "invalid_value" && typeof at(input, issue.path) !== typeof issue.values[0]) {
    return { code: "field_type_invalid", message: "must be a String." };
  }
  return { code: "field_value_invalid", message: rule(issue) };
};

/** In words for the writer of a file, who knows its names: the place is told elsewhere. Without the full stop. */
export const wordsOf = (issue: z.core.$ZodIssue, input: unknown): string =>
  issue.code === "unrecognized_keys"
    ? `has what is not known: ${issue.keys.join(", ")}`
    : verdict(issue, input).message.replace(/\.$/, "");

const findings = (issue: z.core.$ZodIssue, input: unknown): readonly Finding[] => {
  const path = pathText(issue.path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.slice(0, findingsMax).map((key) => {
      const name = pathText([...issue.path, key]);
      return { code: "field_unknown", path: name, message: `The parameter \`${name}\` is not recognized.` };
    });
  }
  const { code, message } = verdict(issue, input);
  const own: unknown = issue.code === "custom" ? issue.params?.reason : undefined;
  const reason = typeof own === "string" ? own : undefined;
  // At the empty path is the body as a whole, and some rules about it are sentences of their own.
  const subject = path === "" ? "body" : `parameter \`${path}\``;
  return [{ code, reason, path, message: /^[A-Z]/.test(message) ? message : `The ${subject} ${message}` }];
};

/** The rule that was broken, in words of ours: zod's own texts may change, and some repeat the input. */
const rule = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case "invalid_value":
      return `must be ${oneOf(issue.values)}.`;
    case "too_small":
      return bounded(issue.origin, issue.inclusive === false ? "more than" : "at least", issue.minimum);
    case "too_big":
      return bounded(issue.origin, issue.inclusive === false ? "less than" : "at most", issue.maximum);
    case "invalid_format":
      // Of a pattern the schema itself has the words.
      return formats[issue.format] ?? issue.message;
    case "invalid_union":
      return issue.message.startsWith("must ") ? issue.message : `must be ${alternatives(issue)}.`;
    case "invalid_key":
      return `has a name that ${issue.issues.slice(0, 1).map(rule).join("")}`;
    default:
      return "is not taken here.";
  }
};

const oneOf = (values: readonly unknown[]): string => {
  const quoted = values.map((value) => `\`${String(value)}\``);
  return quoted.length === 1 ? quoted.join("") : `one of ${quoted.join(", ")}`;
};

const alternatives = (issue: z.core.$ZodIssueInvalidUnion): string =>
  "options" in issue && issue.options ? oneOf(issue.options) : issue.errors.map(branch).join(" or ");

/** What one way to write a field asks for. */
const branch = (issues: readonly z.core.$ZodIssue[]): string => {
  const [issue] = issues;
  if (issue?.code === "invalid_value") return oneOf(issue.values);
  return issue?.code === "invalid_type" ? (typeNames[issue.expected] ?? issue.expected) : "another value";
};

const formats: Readonly<Record<string, string>> = {
  datetime: "must be a time of RFC 3339 with its offset, like `2027-01-31T12:00:00Z`.",
  guid: "must be a UUID, like `00000000-0000-4000-8000-000000000001`.",
};

const bounded = (origin: string, bound: string, amount: number | bigint): string => {
  const { verb, one, many } = units[origin] ?? { verb: "be", one: "", many: "" };
  return `must ${verb} ${bound} ${amount}${Number(amount) === 1 ? one : many}.`;
};

const units: Readonly<
  Record<string, { readonly verb: string; readonly one: string; readonly many: string }>
> = {
  string: { verb: "have", one: " character", many: " characters" },
  array: { verb: "hold", one: " entry", many: " entries" },
};

/** The input does not fit its schema. A surface with a form of its own for that renders it from what zod found. */
export class InputFault extends Refusal {
  readonly found: readonly z.core.$ZodIssue[];
  readonly schema: z.ZodType;
  readonly input: unknown;

  constructor(
    worst: Finding,
    issues: readonly FieldIssue[],
    about: Pick<InputFault, "found" | "schema" | "input">,
  ) {
    super(worst.code, worst.message, { issues, reason: worst.reason });
    this.found = about.found;
    this.schema = about.schema;
    this.input = about.input;
  }
}

/**
 * Parses a caller's input; an `InputFault` names the worst finding and carries them all. `field` is where in the body the
 * input stands, if it is a part of one: the caller knows no other names.
 */
export const parseInput = <T extends z.ZodType>(schema: T, part: unknown, field?: string): z.output<T> => {
  const result = schema.safeParse(part);
  if (result.success) return result.data;
  const [place, input] = field === undefined ? [[], part] : [[field], { [field]: part }];
  const found = result.error.issues
    .slice(0, findingsMax)
    .map((issue) => ({ ...issue, path: [...place, ...issue.path] }));
  const all = found
    .flatMap((issue) => findings(issue, input))
    .sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code));
  const worst = all[0];
  if (worst === undefined) throw new Error("a schema refused without an issue");
  const issues = all.slice(0, findingsMax).map(({ path, message }) => ({ path, message }));
  throw new InputFault(worst, issues, { found, schema, input });
};
