import * as z from "zod";
import type { HttpReply, HttpRequest } from "../http.ts";
import { headersIn } from "./event-headers.ts";

/** The parts of an HTTP event that matter, in either version of the payload. Cookies play no part in Keyway. */

const common = {
  headers: z.record(z.string(), z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
};

/** API Gateway's HTTP API and function URLs; a direct invocation carries the same. */
const eventV2 = z.object({
  ...common,
  version: z.literal("2.0"),
  rawPath: z.string().nullish(),
  rawQueryString: z.string().nullish(),
  requestContext: z.object({
    domainName: z.string().nullish(),
    http: z.object({ method: z.string(), sourceIp: z.string().nullish() }),
  }),
});

/** API Gateway's REST API. A load balancer's event looks alike but leaves the query encoded; `identity` tells it. */
const eventV1 = z.lazy(() =>
  z.object({
    ...common,
    httpMethod: z.string(),
    path: z.string(),
    /** `headers` has the last one of several lines. */
    multiValueHeaders: z.record(z.string(), z.array(z.string())).nullish(),
    multiValueQueryStringParameters: z.record(z.string(), z.array(z.string())).nullish(),
    requestContext: z.object({
      domainName: z.string().nullish(),
      identity: z.object({ sourceIp: z.string().nullish() }),
    }),
  }),
);

type Common = z.infer<z.ZodObject<typeof common>>;

/**
 * The request in an event. Anything that is no HTTP event becomes a bare POST: without a signature it is refused like
 * every other unsigned call, so a direct invocation is no way around the door.
 */
export const toRequest = (event: unknown): HttpRequest => {
  const v2 = eventV2.safeParse(event);
  if (v2.success) {
    const { rawPath, rawQueryString, requestContext } = v2.data;
    return {
      method: requestContext.http.method,
      path: rawPath || "/",
      rawQueries: [rawQueryString ?? ""],
      headers: withHost(headersIn(v2.data.headers, null), requestContext.domainName),
      body: bodyOf(v2.data),
      bodyTooLarge: false,
      ip: requestContext.http.sourceIp ?? "",
    };
  }
  const v1 = eventV1.safeParse(event);
  if (v1.success) {
    const { httpMethod, path, headers, multiValueHeaders, requestContext } = v1.data;
    return {
      method: httpMethod,
      path: path || "/",
      rawQueries: queriesOf(v1.data.multiValueQueryStringParameters ?? {}),
      headers: withHost(headersIn(headers, multiValueHeaders), requestContext.domainName),
      body: bodyOf(v1.data),
      bodyTooLarge: false,
      ip: requestContext.identity.sourceIp ?? "",
    };
  }
  return bare;
};

const bare: HttpRequest = {
  method: "POST",
  path: "/",
  rawQueries: [""],
  headers: {},
  body: Buffer.alloc(0),
  bodyTooLarge: false,
  ip: "",
};

/** Signatures are over the sent bytes, so the gateway's base64 is undone first. */
const bodyOf = ({ body, isBase64Encoded }: Common): Buffer =>
  Buffer.from(body ?? "", isBase64Encoded === true ? "base64" : "utf8");

/** `host` is what the client dialled and signed; should a gateway drop it, its own name for it stands in. */
const withHost = (
  headers: HttpRequest["headers"],
  domainName: string | null | undefined,
): HttpRequest["headers"] => (domainName ? { host: domainName, ...headers } : headers);

type Pair = readonly [name: string, value: string];

const percent = (text: string): string => `%${text.charCodeAt(0).toString(16).toUpperCase()}`;

/** How SDKs write a query. */
const encoders: readonly ((text: string) => string)[] = [
  (text) => encodeURIComponent(text).replaceAll("'", "%27"), // Node leaves `!*()` bare
  (text) => strict(text).replaceAll("%20", "+"), // Python, Go
  (text) => strict(text), // the documentation
];

const strict = (text: string): string => encodeURIComponent(text).replace(/[!*'()]/g, percent);

const byName = ([one]: Pair, [other]: Pair): number => (one < other ? -1 : one > other ? 1 : 0);

/**
 * Payload v1 gives the query decoded and the sent bytes are lost. These are the encodings that the SDKs use, in the
 * order of the event and sorted (Go); the signature tells which one was sent. With none, the call is refused.
 */
const queriesOf = (parameters: Readonly<Record<string, readonly string[]>>): HttpRequest["rawQueries"] => {
  const pairs = Object.entries(parameters).flatMap(([name, values]) =>
    // Half a surrogate pair, which JSON can say, cannot be encoded.
    values.map((value): Pair => [name.toWellFormed(), value.toWellFormed()]),
  );
  const [first = "", ...rest] = new Set(
    [pairs, pairs.toSorted(byName)].flatMap((ordered) =>
      encoders.map((encode) => ordered.map((pair) => pair.map(encode).join("=")).join("&")),
    ),
  );
  return [first, ...rest];
};

/** The reply in a shape that payload v1, v2 and function URLs all take. */
export const fromReply = (
  reply: HttpReply,
): {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
} => ({ statusCode: reply.status, headers: { ...reply.headers }, body: reply.body });
