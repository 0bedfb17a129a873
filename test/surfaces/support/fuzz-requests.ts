import fc from "fast-check";
import { type Described, described, type Schema } from "./described.ts";
import { broken, fitting, odd, oddText, secretText } from "./fuzz-values.ts";
import type { Sent } from "./send.ts";

/** What the requests of a run are about. */
export interface World {
  /** `tokenhub/ak-…`: keys that were there when the run began. */
  readonly keys: readonly string[];
  /** Their ids. */
  readonly webhooks: readonly string[];
  readonly token: string;
}

export interface FuzzRequest extends Sent {
  readonly operation: string;
}

const bodySchema = (operationId: string): Schema =>
  described.find((one) => one.operationId === operationId)?.body?.schema ?? {};

/** Which body stands in a part of a batch, where the document says no more than that one does. */
const partBodies = { create: "CreateKey", change: "ChangeKey", rotate: "RotateKey" } as const;

/** Parts of a batch that get as far as their operation: the document cannot tell which ids are of keys. */
const aimedPart = (op: string, { keys }: World): fc.Arbitrary<unknown> => {
  const named = Object.entries(partBodies).find(([name]) => name === op)?.[1];
  const schema = named === undefined ? undefined : bodySchema(named);
  const body = schema && fc.oneof(fitting(schema), broken(schema));
  return fc.record({ key: fc.constantFrom(...keys), ...(body && { body }) }).map(({ key, ...rest }) => {
    const [provider, id] = key.split("/");
    if (op === "create") return { op, ...rest };
    const more = op === "delete" ? { confirm: id } : op === "change" ? { ifMatch: "*" } : {};
    return { op, provider, id, ...more, ...rest };
  });
};

const batches = (world: World): fc.Arbitrary<unknown> => {
  const ops = ["create", "change", "rotate", "delete", "enable", "disable"];
  const part = fc.oneof(...ops.map((op) => aimedPart(op, world)));
  return fc.array(part, { minLength: 1, maxLength: 3 }).map((operations) => ({ operations }));
};

/** Of made up keys: one that is described may name a key in two ways, and then none of its list is asked about. */
const presented = fc
  .array(fc.record({ key: fc.string({ minLength: 1, maxLength: 60 }) }), { minLength: 1, maxLength: 3 })
  .map((keys) => ({ keys }));

/** Bodies that get as far as their operation, which hardly any does that the description alone has made. */
const aimed = (operationId: string, world: World): fc.Arbitrary<unknown> | undefined => {
  if (operationId === "BatchKeys") return batches(world);
  return operationId === "VerifyKeys" ? presented : undefined;
};

const json = (values: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> =>
  values.map((value) => Buffer.from(JSON.stringify(value) ?? "null"));

const noJson = fc.oneof(
  fc.string({ maxLength: 40 }).map((text) => Buffer.from(text)),
  secretText.map((text) => Buffer.from(`{"name":"${text}`)),
  fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(
    Buffer.from("[".repeat(3000)),
    Buffer.from('\ufeff{"name":"a"}'),
    Buffer.from([0x22, 0xff, 0x22]),
  ),
);

const bodies = (one: Described, world: World): fc.Arbitrary<Buffer | undefined> => {
  const none = fc.constant(undefined);
  if (one.body === undefined) {
    return fc.oneof({ arbitrary: none, weight: 6 }, { arbitrary: json(odd), weight: 1 });
  }
  const { schema } = one.body;
  const own = aimed(one.operationId, world);
  return fc.oneof(
    { arbitrary: json(fitting(schema)), weight: 6 },
    { arbitrary: json(broken(schema)), weight: 5 },
    ...(own === undefined ? [] : [{ arbitrary: json(own), weight: 6 }]),
    { arbitrary: noJson, weight: 2 },
    { arbitrary: none, weight: 1 },
  );
};

type Pairs = readonly (readonly [string, string])[];

const queries = ({ parameters }: Described): fc.Arbitrary<Pairs> => {
  const known = parameters.filter((one) => one.in === "query");
  const named = known.map(({ name, schema }) =>
    fitting(schema).map((value): readonly [string, string] => [name, String(value)]),
  );
  const names = fc.oneof(oddText, secretText, fc.constantFrom("limit", ...known.map(({ name }) => name)));
  const stray = fc.tuple(names, fc.oneof(oddText, secretText));
  return fc.oneof(
    { arbitrary: fc.constant([]), weight: 6 },
    ...(named.length === 0 ? [] : [{ arbitrary: fc.array(fc.oneof(...named), { maxLength: 2 }), weight: 3 }]),
    { arbitrary: fc.array(stray, { minLength: 1, maxLength: 2 }), weight: 1 },
  );
};

const header = (...values: readonly (string | undefined)[]): fc.Arbitrary<string | undefined> =>
  fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 1 },
    { arbitrary: fc.constantFrom(...values), weight: 1 },
  );

const authorizations = (token: string): fc.Arbitrary<string | undefined> =>
  fc.oneof(
    { arbitrary: fc.constant(`Bearer ${token}`), weight: 30 },
    { arbitrary: secretText.map((text) => `Bearer ${text}`), weight: 1 },
    { arbitrary: secretText.map((text) => `Basic ${text}`), weight: 1 },
    {
      arbitrary: fc.constantFrom(undefined, "", "Bearer", "Bearer  ", `Bearer ${token} ${token}`),
      weight: 1,
    },
  );

const headers = (token: string): fc.Arbitrary<Readonly<Record<string, string | undefined>>> =>
  fc.record({
    authorization: authorizations(token),
    "content-type": fc.oneof(
      { arbitrary: fc.constant("application/json"), weight: 15 },
      {
        arbitrary: fc.constantFrom(
          undefined,
          "application/json;charset=x",
          "APPLICATION/JSON",
          "text/plain",
          "multipart/form-data; boundary=x",
          "",
        ),
        weight: 1,
      },
    ),
    "if-match": header("*", "*", "*", '"1"', 'W/"1"', '"', '"99999999999999999999"', "1, 2"),
    "if-none-match": header("*", '"1"', 'W/"1", "2"', ","),
    "idempotency-key": header('"a"', "b", '"', " ", "\u00e9", "x".repeat(256), ...onceKeys),
    traceparent: header("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-", "\u00ff"),
  });

const onceKeys = Array.from({ length: 20 }, (_, index) => `once-${index}`);

const places = ({ keys }: World): fc.Arbitrary<readonly [provider: string, id: string]> =>
  fc.oneof(
    {
      arbitrary: fc.constantFrom(...keys).map((key): readonly [string, string] => {
        const [provider = "", id = ""] = key.split("/");
        return [provider, id];
      }),
      weight: 4,
    },
    {
      arbitrary: fc.tuple(fc.constantFrom("tokenhub", "aione", "nowhere"), fc.oneof(oddText, secretText)),
      weight: 1,
    },
    { arbitrary: fc.tuple(oddText, oddText), weight: 1 },
  );

/** A lone surrogate cannot stand in a URL at all. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

const tails = ["/", "/..", "%", "%zz", "%2f..", "//", "?", "?&", "?a", "?a=1&a=2", "?%ff=%ff", "#"] as const;

/** What proxies ask is no part of the facade, and answered in another form: its own test sends it odd headers. */
export const fuzzed = described.filter(({ security }) => security === undefined);

const requestsOf = (one: Described, world: World): fc.Arbitrary<FuzzRequest> =>
  fc
    .record({
      place: places(world),
      // Few of them are there to be deleted.
      webhook: fc.constantFrom(...(one.method === "DELETE" ? world.webhooks.slice(0, 3) : world.webhooks)),
      query: queries(one),
      tail: fc.oneof(
        { arbitrary: fc.constant(""), weight: 15 },
        { arbitrary: fc.constantFrom(...tails), weight: 1 },
      ),
      // A deletion has to repeat the id.
      isConfirmed: fc.boolean(),
      method: fc.oneof(
        { arbitrary: fc.constant(one.method), weight: 14 },
        { arbitrary: fc.constantFrom("PUT", "HEAD", "OPTIONS", "POST", "TRACE"), weight: 1 },
      ),
      headers: headers(world.token),
      body: bodies(one, world),
    })
    .map(({ place: [provider, id], webhook, query, tail, isConfirmed, method, headers, body }) => {
      const asked: Pairs = one.method === "DELETE" && isConfirmed ? [["confirm", id]] : query;
      const search = asked.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join("&");
      const path = one.path
        .replace("/webhooks/{id}", () => `/webhooks/${encoded(webhook)}`)
        .replace(/\{(?:provider|name)\}/, () => encoded(provider))
        .replace("{id}", () => encoded(id));
      return {
        operation: one.operationId,
        method,
        path: `${path}${search === "" ? "" : `?${search}`}${tail}`,
        headers,
        body,
      };
    });

/** Requests of every operation of the facade that the document tells of, good ones and bad ones. */
export const fuzzRequests = (world: World): fc.Arbitrary<FuzzRequest> =>
  fc.oneof(
    // There is more to get wrong where there is a body.
    ...fuzzed.map((one) => ({
      arbitrary: requestsOf(one, world),
      weight: one.body === undefined ? 1 : 3,
    })),
  );
