import type { HttpReply, HttpRequest } from "../http.ts";

/** The parts of an HTTP event that matter, in whichever version a gateway writes them. */
interface EventV2 {
  readonly version: "2.0";
  readonly rawPath?: string;
  readonly rawQueryString?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  readonly requestContext: { readonly http: { readonly method: string; readonly sourceIp?: string } };
}

interface EventV1 {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string | undefined>> | null;
  readonly multiValueQueryStringParameters?: Readonly<Record<string, readonly string[] | undefined>> | null;
  readonly body?: string | null;
  readonly isBase64Encoded?: boolean;
  readonly requestContext?: { readonly identity?: { readonly sourceIp?: string } };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/** Payload v2 of API Gateway and of function URLs; a direct invocation carries the same. */
const isV2 = (event: unknown): event is EventV2 =>
  isObject(event) &&
  event.version === "2.0" &&
  isObject(event.requestContext) &&
  isObject(event.requestContext.http) &&
  typeof event.requestContext.http.method === "string";

const isV1 = (event: unknown): event is EventV1 =>
  isObject(event) && typeof event.httpMethod === "string" && typeof event.path === "string";

/**
 * The request in an event. Anything that is no HTTP event becomes a bare POST: without a signature it is refused like
 * every other unsigned call, so a direct invocation is no way around the door.
 */
export const toRequest = (event: unknown): HttpRequest => {
  if (isV2(event)) {
    return {
      method: event.requestContext.http.method,
      path: event.rawPath || "/",
      rawQueries: [event.rawQueryString ?? ""],
      headers: lowerCase(event.headers ?? {}),
      body: bodyOf(event),
      bodyTooLarge: false,
      ip: event.requestContext.http.sourceIp ?? "",
    };
  }
  if (isV1(event)) {
    return {
      method: event.httpMethod,
      path: event.path || "/",
      rawQueries: queriesOf(event.multiValueQueryStringParameters ?? {}),
      headers: lowerCase(event.headers ?? {}),
      body: bodyOf(event),
      bodyTooLarge: false,
      ip: event.requestContext?.identity?.sourceIp ?? "",
    };
  }
  return {
    method: "POST",
    path: "/",
    rawQueries: [""],
    headers: {},
    body: Buffer.alloc(0),
    bodyTooLarge: false,
    ip: "",
  };
};

/** Signatures are over the sent bytes, so the gateway's base64 is undone first. */
const bodyOf = (event: { readonly body?: string | null; readonly isBase64Encoded?: boolean }): Buffer =>
  Buffer.from(event.body ?? "", event.isBase64Encoded === true ? "base64" : "utf8");

const lowerCase = (
  headers: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

type Pair = readonly [name: string, value: string];

/** What SDKs leave bare in a query, and how they write a space. */
const encoders: readonly ((text: string) => string)[] = [
  encodeURIComponent, // Node: `!*'()` bare, `%20`
  (text) => strict(text).replaceAll("%20", "+"), // Python, Go
  strict,
];

function strict(text: string): string {
  return encodeURIComponent(text).replace(
    /[!*'()]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Payload v1 gives the query decoded and the sent bytes are lost. These are the encodings that the SDKs use, in the
 * order of the event and sorted (Go); the signature tells which one was sent. With none, the call is refused.
 */
const queriesOf = (
  parameters: Readonly<Record<string, readonly string[] | undefined>>,
): readonly [string, ...string[]] => {
  const asGiven: Pair[] = Object.entries(parameters).flatMap(([name, values]) =>
    (values ?? []).map((value): Pair => [name, value]),
  );
  const sorted = asGiven.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const [first, ...rest] = [asGiven, sorted].flatMap((pairs) =>
    encoders.map((encode) => pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&")),
  );
  return [first ?? "", ...new Set(rest.filter((query) => query !== first))];
};

/** The reply in a shape that payload v1, v2 and function URLs all take. */
export const fromReply = (
  reply: HttpReply,
): { readonly statusCode: number; readonly headers: Record<string, string>; readonly body: string } => ({
  statusCode: reply.status,
  headers: { ...reply.headers },
  body: reply.body,
});
