import * as z from "zod";

/** Schemas of fields whose value is secret. Redaction and scrubbing read this mark, nothing else. */
const marked = new WeakSet<object>();

const placeholder = "[redacted]";

/** Marks a field as secret, once, in its schema. Wrap the marked schema (`.optional()`) afterwards, not before. */
export const secretField = <T extends z.ZodType>(schema: T): T => {
  marked.add(schema);
  return schema;
};

export const isSecret = (schema: object): boolean => marked.has(schema);

/**
 * The schema below `.optional()`, `.nullable()` and `.default()`, unless a wrapper carries the mark itself; of a pipe what
 * goes in, because that is what a caller sent.
 */
const unwrap = (schema: unknown): unknown => {
  let inner = schema;
  while (
    inner instanceof z.ZodOptional ||
    inner instanceof z.ZodNullable ||
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPipe
  ) {
    if (marked.has(inner)) return inner;
    if (!(inner instanceof z.ZodPipe)) {
      inner = inner.unwrap();
      continue;
    }
    const out = unwrap(inner.out);
    if (typeof out === "object" && out !== null && marked.has(out)) return out;
    inner = inner.in;
  }
  return inner;
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * A copy of the value that may be logged and audited. It fails closed: what the schema does not describe, in name or in
 * kind, is replaced too, because a secret in a misspelt field is still a secret.
 */
export const redact = (schema: unknown, value: unknown): unknown => {
  const known = unwrap(schema);
  if (value === null || value === undefined) return value;
  if (typeof known === "object" && known !== null && marked.has(known)) return placeholder;
  if (known instanceof z.ZodObject && isRecord(value)) {
    const shape: Record<string, unknown> = known.shape;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) =>
        Object.hasOwn(shape, name) ? [name, redact(shape[name], item)] : [placeholder, placeholder],
      ),
    );
  }
  if (known instanceof z.ZodArray && Array.isArray(value))
    return value.map((item) => redact(known.element, item));
  const isText =
    known instanceof z.ZodString ||
    known instanceof z.ZodStringFormat ||
    known instanceof z.ZodEnum ||
    known instanceof z.ZodLiteral;
  if (isText) {
    return typeof value === "string" ? value : placeholder;
  }
  if (known instanceof z.ZodNumber) return typeof value === "number" ? value : placeholder;
  if (known instanceof z.ZodBoolean) return typeof value === "boolean" ? value : placeholder;
  if (known instanceof z.ZodUnion && known.options.length > 0) return redactUnion(known.options, value);
  return placeholder;
};

/** Of a union, the first option that describes the value; a marked option hides it whatever the others say. */
const redactUnion = (options: readonly unknown[], value: unknown): unknown => {
  if (options.some((option) => typeof option === "object" && option !== null && marked.has(option))) {
    return placeholder;
  }
  const fit = options.find((option) => option instanceof z.ZodType && option.safeParse(value).success);
  return fit === undefined ? placeholder : redact(fit, value);
};

/** Texts too short to be a secret of ours would blank out half of a message. */
const scrubbedLengthMin = 6;

/** Every text in the value that redaction hides: what must not stand in an error's message or stack. */
const secretTexts = (schema: unknown, value: unknown): readonly string[] => {
  const texts: string[] = [];
  const walk = (before: unknown, after: unknown): void => {
    if (typeof before === "string") {
      if (after !== before && before.length >= scrubbedLengthMin) texts.push(before);
    } else if (Array.isArray(before)) {
      for (const [index, item] of before.entries())
        walk(item, Array.isArray(after) ? after[index] : placeholder);
    } else if (isRecord(before)) {
      for (const [name, item] of Object.entries(before))
        walk(item, isRecord(after) ? after[name] : placeholder);
    }
  };
  walk(value, redact(schema, value));
  return texts;
};

/** Takes the secrets of an input out of a text about it, an error's stack for one. */
export const scrub = (text: string, schema: unknown, input: unknown): string =>
  secretTexts(schema, input).reduce((clean, secret) => clean.replaceAll(secret, placeholder), text);
