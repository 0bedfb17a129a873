import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { facadeOf } from "../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";
import { type Described, described, resolved, type Schema } from "./support/described.ts";

const requests = 20_000;
const atOnce = 40;
/** Begins every text that stands where a secret may: it must come back in no refusal and no log. */
const canary = "fuzz-canary-7f3a";

const providers = ["tokenhub", "apigateway", "csip", "aione"] as const;
let keyway: TestKeyway;
const ids: string[] = [];
beforeAll(async () => {
  keyway = await startKeyway();
  // Enough that some are left when others were deleted.
  for (let round = 0; round < 60; round++) {
    for (const provider of round < 15 ? providers : providers.slice(1)) {
      ids.push(`${provider}/${(await facadeOf(keyway).create(provider)).key.id}`);
    }
  }
});
afterAll(() => keyway.stop());

const oddText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.constantFrom(
    "",
    "__proto__",
    "constructor",
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
const odd: fc.Arbitrary<unknown> = fc.oneof(
  { depthSize: "small" },
  oddText,
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(oddText, { maxLength: 4 }),
  fc.dictionary(oddText, oddText, { maxKeys: 4 }),
  fc.constant(JSON.parse('{"__proto__":{"admin":true},"constructor":1}')),
);

const secretText = fc.stringMatching(/^[\w-]{0,20}$/).map((tail) => `${canary}-${tail}`);

/** The one kind of field whose fitting values no schema knows. */
const providerPattern = "^[a-z][a-z0-9-]{0,62}$";

/** Values that fit a schema, as far as the document tells. */
const fitting = (schema: Schema): fc.Arbitrary<unknown> => {
  if (schema.pattern === providerPattern) return fc.constantFrom(...providers, "nowhere");
  const {
    type,
    anyOf,
    oneOf,
    properties,
    additionalProperties,
    items,
    required = [],
    ...one
  } = resolved(schema);
  if ("const" in one) return fc.constant(one.const);
  if (one.enum !== undefined) return fc.constantFrom(...one.enum);
  const options = anyOf ?? oneOf;
  if (options !== undefined) return fc.oneof(...options.map(fitting));
  switch (Array.isArray(type) ? type[0] : type) {
    case "string":
      if (one.format === "date-time") return fc.constantFrom("2030-01-01T00:00:00Z", "2020-02-30T00:00:00Z");
      return fc.oneof(secretText, fc.string({ minLength: 1, maxLength: Math.min(one.maxLength ?? 30, 30) }));
    case "integer":
    case "number":
      return fc.integer({ min: Math.max(one.minimum ?? 0, -1), max: Math.min(one.maximum ?? 1e6, 1e6) });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(fitting(items ?? {}), { maxLength: Math.min(one.maxItems ?? 3, 3) });
    case "object": {
      const known = Object.fromEntries(
        Object.entries(properties ?? {}).map(([name, inner]) => [name, fitting(inner)]),
      );
      if (typeof additionalProperties === "object")
        return fc.dictionary(oddText, fitting(additionalProperties), { maxKeys: 3 });
      return fc.record(known, { requiredKeys: Object.keys(known).filter((name) => required.includes(name)) });
    }
    default:
      return odd;
  }
};

/** The same with one thing wrong somewhere: a value of another kind, a name that is not there, a field too many. */
const broken = (schema: Schema): fc.Arbitrary<unknown> =>
  fc.tuple(fitting(schema), odd, oddText, fc.nat(), secretText).map(([value, wrong, name, pick, secret]) => {
    if (typeof value !== "object" || value === null) return wrong;
    const copy: Record<string, unknown> = { ...value };
    const names = Object.keys(copy);
    const chosen = names[pick % Math.max(names.length, 1)];
    if (pick % 3 === 0 && chosen !== undefined) copy[chosen] = wrong;
    else if (pick % 3 === 1 && chosen !== undefined) delete copy[chosen];
    else Object.defineProperty(copy, name === "" ? "extra" : name, { value: secret, enumerable: true });
    return copy;
  });

/** Of each operation, what came of its requests: a fuzz that gets no further than the door shows nothing. */
const accepted = new Map<string, number>();

interface Sent {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const jsonText = (value: unknown): string => JSON.stringify(value) ?? "null";

const requestOf = (one: Described): fc.Arbitrary<Sent> => {
  const bodies =
    one.body === undefined
      ? fc.oneof(
          { arbitrary: fc.constant(undefined), weight: 4 },
          { arbitrary: odd.map(jsonText), weight: 1 },
        )
      : fc.oneof(
          { arbitrary: fitting(one.body.schema).map(jsonText), weight: 6 },
          { arbitrary: broken(one.body.schema).map(jsonText), weight: 3 },
          { arbitrary: fc.constant(undefined), weight: 1 },
          { arbitrary: fc.string({ maxLength: 40 }), weight: 1 },
          { arbitrary: fc.constant("[".repeat(3000)), weight: 1 },
        );
  const query = one.parameters.filter((parameter) => parameter.in === "query");
  return fc
    .record({
      id: fc.oneof({ arbitrary: fc.nat(), weight: 3 }, { arbitrary: oddText, weight: 1 }),
      query: fc.dictionary(
        fc.oneof(fc.constantFrom("limit", ...query.map(({ name }) => name)), oddText),
        fc.oneof(fc.constantFrom("1", "100", "enabled", "tokenhub"), oddText),
        { maxKeys: query.length === 0 ? 1 : 2 },
      ),
      isPlain: fc.boolean(),
      ifMatch: fc.constantFrom(
        undefined,
        "*",
        "*",
        "*",
        '"1"',
        'W/"1"',
        '"',
        '"99999999999999999999"',
        "1, 2",
      ),
      once: fc.constantFrom(undefined, '"a"', "b", '"', " ", "é"),
      type: fc.constantFrom(
        "application/json",
        "application/json",
        "application/json;charset=x",
        "text/plain",
        "",
      ),
      method: fc.oneof(
        { arbitrary: fc.constant(one.method), weight: 9 },
        { arbitrary: fc.constantFrom("PUT", "HEAD", "OPTIONS"), weight: 1 },
      ),
      token: fc.oneof({ arbitrary: fc.constant("root"), weight: 9 }, { arbitrary: secretText, weight: 1 }),
      body: bodies,
    })
    .map(({ id, query: pairs, isPlain, ifMatch, once, type, method, token, body }) => {
      const [provider = "", known = ""] =
        (typeof id === "number" ? ids[id % ids.length] : `aione/${id}`)?.split("/") ?? [];
      const path = one.path
        .replace("{provider}", provider)
        .replace("{name}", provider)
        .replace("{id}", encodeURIComponent(safe(known)));
      // What a deletion has to repeat; and half of the calls have no odd query at all.
      const asked = isPlain ? (one.method === "DELETE" && provider !== "" ? { confirm: known } : {}) : pairs;
      const search = new URLSearchParams(
        Object.entries(asked).map(([name, value]): [string, string] => [safe(name), safe(String(value))]),
      );
      return {
        operation: one.operationId,
        method,
        path: `${path}${search.size === 0 ? "" : `?${search}`}`,
        headers: {
          authorization: `Bearer ${token === "root" ? keyway.root.token : token}`,
          ...(ifMatch && { "if-match": ifMatch }),
          ...(once && { "idempotency-key": Buffer.from(once).toString("latin1") }),
          ...(body !== undefined && type !== "" && { "content-type": type }),
        },
        body: ["GET", "HEAD", "OPTIONS"].includes(method) ? undefined : body,
      };
    });
};

/** A lone surrogate cannot stand in a URL at all. */
const safe = (text: string): string => text.toWellFormed();

const check = async (sent: Sent): Promise<void> => {
  const { method, headers, body } = sent;
  const reply = await fetch(`${keyway.url}${sent.path}`, {
    method,
    headers,
    ...(body !== undefined && { body }),
  });
  const text = await reply.text();
  const told = `${method} ${sent.path} ${body?.slice(0, 500)} -> ${reply.status} ${text.slice(0, 500)}`;
  if (reply.status >= 500) throw new Error(told);
  if (reply.status < 400) {
    if (method !== "OPTIONS") accepted.set(sent.operation, (accepted.get(sent.operation) ?? 0) + 1);
    return;
  }
  if (text.includes(canary) || text.includes(keyway.root.token)) throw new Error(`an echo: ${told}`);
  if (method === "HEAD") return;
  const problem = JSON.parse(text);
  const isOne =
    reply.headers.get("content-type") === "application/problem+json" && problem.status === reply.status;
  if (!isOne || typeof problem.requestId !== "string") throw new Error(`no problem details: ${told}`);
};

it(`${requests} requests of the description's making meet no fault of ours, and no echo of a secret`, {
  timeout: 120_000,
}, async () => {
  const any = fc.oneof(...described.map(requestOf));
  const runs = Math.ceil(requests / atOnce);
  await fc.assert(
    fc.asyncProperty(fc.array(any, { minLength: atOnce, maxLength: atOnce }), async (batch) => {
      await Promise.all(batch.map(check));
    }),
    { numRuns: runs },
  );
  // An inventory is of real systems alone, and a credential that is deleted would be the one that calls.
  const names = described
    .map((one) => one.operationId)
    .filter((name) => name !== "SyncProvider" && name !== "DeleteCredential");
  expect([...accepted.keys()].toSorted()).toEqual(names.toSorted());
  expect(keyway.log()).not.toContain(canary);
  expect(keyway.log()).not.toContain(keyway.root.token);
  expect(keyway.log()).not.toContain('"level":"error"');
});
