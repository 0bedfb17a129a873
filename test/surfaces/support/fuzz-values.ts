import fc from "fast-check";
import { resolved, type Schema } from "./described.ts";

/** Begins every secret that is sent, in its place or in a wrong one: only material may ever repeat it. */
export const secretCanary = "fuzz-secret-7f3a91";
/** Begins many other texts: a reading may repeat them, a refusal and the log may not. */
export const textCanary = "fuzz-text-5c20be";

const tailed = (start: string): fc.Arbitrary<string> =>
  fc.stringMatching(/^[\w-]{0,20}$/).map((tail) => `${start}-${tail}`);
export const secretText = tailed(secretCanary);
const plainText = tailed(textCanary);

export const oddText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  plainText,
  fc.constantFrom(
    "",
    "__proto__",
    "constructor",
    "toString",
    "..",
    "%00",
    "\u0000",
    "\ud800",
    "null",
    "-0",
    "1e309",
    "x".repeat(5000),
  ),
);

const oddNumber = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), Number.MAX_VALUE, 5e-324),
);

const deep = (depth: number): unknown => (depth === 0 ? 1 : { a: [deep(depth - 1)] });

export const odd: fc.Arbitrary<unknown> = fc.oneof(
  oddText,
  oddNumber,
  fc.boolean(),
  fc.constant(null),
  fc.array(oddText, { maxLength: 4 }),
  fc.dictionary(oddText, fc.oneof(oddText, oddNumber), { maxKeys: 4 }),
  fc.constant(deep(200)),
  fc.constant(JSON.parse('{"__proto__":{"admin":true},"constructor":1}')),
);

const providers = ["tokenhub", "apigateway", "csip", "aione"] as const;
/** The fields whose fitting values no schema knows. */
const providerPattern = "^[a-z][a-z0-9-]{0,62}$";
const addresses = ["10.0.0.0/24", "2001:db8::/32", "192.0.2.1", "10.0.0.1/33"] as const;
/** Where nobody listens, and where nobody is let. */
const urls = ["https://127.0.0.1:1/hook", "https://fuzz.example.com/hook", "https://10.0.0.1/hook"] as const;
/** Material shows these on purpose: in a preview, or as a key's id. */
const shown = ["id", "name", "system"];

const numbers = ({ minimum, exclusiveMinimum, maximum = 1e6 }: Schema): fc.Arbitrary<number> => {
  const least = minimum ?? (exclusiveMinimum === undefined ? 0 : exclusiveMinimum + 1);
  return fc.oneof(
    fc.integer({ min: least, max: Math.min(maximum, least + 1000) }),
    fc.constantFrom(least, maximum),
  );
};

const texts = ({ format, pattern, minLength = 0, maxLength = 60 }: Schema): fc.Arbitrary<string> => {
  if (format === "date-time")
    return fc.constantFrom("2030-01-01T00:00:00Z", "2031-12-31T23:59:59.9+05:00", "2020-02-30T00:00:00Z");
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.oneof(
    plainText,
    fc.string({ unit: "grapheme", minLength, maxLength: Math.min(maxLength, 60) }),
    fc.constantFrom("x".repeat(minLength), "x".repeat(maxLength)),
  );
};

/** Values that fit a schema, as far as the document tells; `secret` within one that is marked so. */
export const fitting = (schema: Schema, secret = false, name = ""): fc.Arbitrary<unknown> => {
  if (schema.pattern === providerPattern) return fc.constantFrom(...providers, ...providers, "nowhere");
  const { type, anyOf, oneOf, items = {}, ...one } = resolved(schema);
  const isSecret = secret || one["x-secret"] === true;
  if ("const" in one) return fc.constant(one.const);
  if (one.enum !== undefined) return fc.constantFrom(...one.enum);
  const options = anyOf ?? oneOf;
  if (options !== undefined) return fc.oneof(...options.map((option) => fitting(option, isSecret, name)));
  switch (Array.isArray(type) ? type[0] : type) {
    case "string":
      if (name === "url") return fc.constantFrom(...urls);
      return isSecret && !shown.includes(name) ? secretText : texts(one);
    case "integer":
    case "number":
      return numbers(one);
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array": {
      if (name === "ipAllowlist") return fc.subarray([...addresses, "no address"]);
      const { minItems: minLength = 0, maxItems = 3 } = one;
      return fc.array(fitting(items, isSecret), { minLength, maxLength: Math.min(maxItems, 3) });
    }
    case "object":
      return objects(one, isSecret);
    default:
      return odd;
  }
};

const objects = (schema: Schema, isSecret: boolean): fc.Arbitrary<unknown> => {
  const { properties = {}, additionalProperties, required = [] } = schema;
  if (typeof additionalProperties === "object") {
    return fc.dictionary(oddText, fitting(additionalProperties, isSecret), { maxKeys: 3 });
  }
  const known = Object.fromEntries(
    Object.entries(properties).map(([name, inner]) => [name, fitting(inner, isSecret, name)]),
  );
  // Half of them plain: of fifteen fields that may be there, one is nearly always refused.
  const least = Object.fromEntries(Object.entries(known).filter(([name]) => required.includes(name)));
  const requiredKeys = Object.keys(least);
  const full = fc.record(known, { requiredKeys });
  const few = fc
    .tuple(full, fc.nat(), fc.record(least))
    .map(([all, pick, needed]) => ({ ...Object.fromEntries(some(all, pick)), ...needed }));
  return fc.oneof(full, few);
};

const some = (all: object, pick: number): readonly (readonly [string, unknown])[] => {
  const entries = Object.entries(all);
  return entries.length === 0 ? [] : entries.filter((_, index) => index === pick % entries.length);
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A fitting value with one thing wrong somewhere in it: another kind, a field that is missing, a field too many. */
export const broken = (schema: Schema): fc.Arbitrary<unknown> =>
  fc
    .tuple(fitting(schema), odd, secretText, fc.infiniteStream(fc.nat()))
    .map(([value, wrong, secret, picks]) => breakIn(value, { wrong, secret, picks }));

interface Break {
  readonly wrong: unknown;
  readonly secret: string;
  readonly picks: Iterator<number>;
}

const breakIn = (value: unknown, how: Break): unknown => {
  const pick = (count: number): number => Number(how.picks.next().value) % count;
  const oneOf = (names: readonly string[]): string | undefined => names[pick(Math.max(names.length, 1))];
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  // Further in more often than not: what is wrong on the surface is refused before the rest is looked at.
  const inner = oneOf(entries.filter(([, one]) => typeof one === "object" && one).map(([name]) => name));
  if (inner !== undefined && pick(4) > 0)
    return put(value, inner, breakIn(Reflect.get(Object(value), inner), how));
  if (!isObject(value)) return how.wrong;
  const chosen = oneOf(entries.map(([name]) => name));
  const kind = pick(5);
  if (kind === 0 && chosen !== undefined) return put(value, chosen, how.wrong);
  if (kind === 1 && chosen !== undefined) {
    return Object.fromEntries(entries.filter(([name]) => name !== chosen));
  }
  // A secret where none belongs: as the name of a field, with a value that no field takes, or within a made-up one.
  if (kind < 4) return put(value, how.secret, { [how.secret]: [how.secret] });
  return put(value, pick(2) === 0 ? "__proto__" : "extra", { secret: how.secret });
};

/** A copy with one property exchanged, `__proto__` among them. */
const put = (value: unknown, name: string, inner: unknown): unknown => {
  const copy = structuredClone(value) as object;
  Object.defineProperty(copy, name, { value: inner, enumerable: true, writable: true, configurable: true });
  return copy;
};
