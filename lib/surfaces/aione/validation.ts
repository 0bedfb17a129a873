import type * as z from "zod";
import type { FieldIssue } from "../../errors.ts";
import { at, type InputFault } from "../../schemas/issues.ts";
import { redact } from "../../schemas/secret-mark.ts";

/** One entry of a 422 body, as FastAPI and Pydantic write it. */
interface ValidationError {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input?: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

type Said = Pick<ValidationError, "type" | "msg" | "ctx">;

const typeErrors: Readonly<Record<string, Said>> = {
  string: { type: "string_type", msg: "Input should be a valid string" },
  int: { type: "int_type", msg: "Input should be a valid integer" },
  number: { type: "int_type", msg: "Input should be a valid integer" },
  boolean: { type: "bool_type", msg: "Input should be a valid boolean" },
  array: { type: "list_type", msg: "Input should be a valid list" },
  object: {
    type: "model_attributes_type",
    msg: "Input should be a valid dictionary or object to extract fields from",
  },
};

const formatErrors: Readonly<Record<string, Said>> = {
  guid: { type: "uuid_parsing", msg: "Input should be a valid UUID" },
  int_parsing: {
    type: "int_parsing",
    msg: "Input should be a valid integer, unable to parse string as an integer",
  },
  datetime: { type: "datetime_parsing", msg: "Input should be a valid datetime with a time zone" },
};

const characters = (count: unknown): string => (Number(count) === 1 ? "1 character" : `${count} characters`);

const valueError = (text: string): Said => ({
  type: "value_error",
  msg: `Value error, ${text}`,
  ctx: { error: {} },
});

const said = (issue: z.core.$ZodIssue, value: unknown): Said => {
  if (value === undefined) return { type: "missing", msg: "Field required" };
  switch (issue.code) {
    case "invalid_type":
      return typeErrors[issue.expected] ?? valueError("is of the wrong type");
    case "too_small":
      return issue.origin === "string"
        ? {
            type: "string_too_short",
            msg: `String should have at least ${characters(issue.minimum)}`,
            ctx: { min_length: issue.minimum },
          }
        : {
            type: "greater_than_equal",
            msg: `Input should be greater than or equal to ${issue.minimum}`,
            ctx: { ge: issue.minimum },
          };
    case "too_big":
      return tooBig(issue.origin, issue.maximum, value);
    case "invalid_format":
      return formatErrors[issue.format] ?? valueError("is not in the expected format");
    case "custom":
      return valueError(issue.message);
    default:
      return valueError("is not allowed");
  }
};

const tooBig = (origin: string, maximum: unknown, value: unknown): Said => {
  if (origin === "string") {
    const msg = `String should have at most ${characters(maximum)}`;
    return { type: "string_too_long", msg, ctx: { max_length: maximum } };
  }
  if (origin === "array" && Array.isArray(value)) {
    return {
      type: "too_long",
      msg: `List should have at most ${maximum} items after validation, not ${value.length}`,
      ctx: { field_type: "List", max_length: maximum, actual_length: value.length },
    };
  }
  const msg = `Input should be less than or equal to ${maximum}`;
  return { type: "less_than_equal", msg, ctx: { le: maximum } };
};

const locOf = (path: readonly PropertyKey[]): (string | number)[] =>
  path.map((part) => (typeof part === "number" ? part : String(part)));

/** A run that could be a key of somebody's, short ones of API Gateway included: addresses and dates have none so long. */
const secretLike = /[A-Za-z0-9_]{10}|[A-Za-z0-9_+/=-]{16}/;

/** A key pasted into the wrong field is a secret there, too, and no schema knows. */
const withoutSecrets = (value: unknown): unknown => {
  if (typeof value === "string") return secretLike.test(value) ? "[redacted]" : value;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withoutSecrets(item)]));
};

/** `input` repeats what came, as the service does, but nothing that the schema calls secret or that looks like it. */
export const validationErrors = ({ found, schema, input }: InputFault): readonly ValidationError[] => {
  const shown = withoutSecrets(redact(schema, input));
  // Of several findings about one value, the first: a wrong type also breaks every rule about the right one.
  const seen = new Set<string>();
  const first = found.filter(({ path }) => {
    const place = locOf(path).join(".");
    return !seen.has(place) && seen.add(place) !== undefined;
  });
  return first.map((issue) => {
    const { type, msg, ctx } = said(issue, at(input, issue.path));
    // Of what is missing, Pydantic shows the object that lacks it.
    const path = type === "missing" ? issue.path.slice(0, -1) : issue.path;
    const repeated = type === "missing" && issue.path.length === 1 ? null : (at(shown, path) ?? null);
    return { type, loc: locOf(issue.path), msg, input: repeated, ...(ctx && { ctx }) };
  });
};

/** What an action itself refuses in a field, `body.expires_at`. */
export const fieldErrors = (issues: readonly FieldIssue[]): readonly ValidationError[] =>
  issues.map(({ path, message }) => ({
    loc: path.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
    ...valueError(message),
    input: null, // the service repeats the value; an action's finding does not carry it
  }));

export const jsonInvalid: ValidationError = {
  type: "json_invalid",
  loc: ["body", 0],
  msg: "JSON decode error",
  input: {},
  ctx: { error: "The body is not valid JSON in UTF-8" },
};
