import { createServer, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Context } from "aws-lambda";

/** Plays the part of AWS in front of a function: what a client really sends becomes an event, the reply goes back. */

interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** Names as sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
  readonly ip: string;
}

export type ToEvent = (request: RawRequest) => unknown;
export type Invoke = (event: unknown, context: Context) => Promise<LambdaReply>;
interface LambdaReply {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

const header = ({ headers }: RawRequest, wanted: string): string =>
  headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? "";

const lowerCase = ({ headers }: RawRequest): Record<string, string> =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));

/** API Gateway hands on JSON as text and a form in base64. */
const textOrBase64 = (request: RawRequest): { readonly body?: string; readonly isBase64Encoded: boolean } => {
  if (request.body.length === 0) return { isBase64Encoded: false };
  const isBase64Encoded = header(request, "content-type") !== "application/json";
  return { body: request.body.toString(isBase64Encoded ? "base64" : "utf8"), isBase64Encoded };
};

const httpApi: ToEvent = (request) => ({
  version: "2.0",
  routeKey: "$default",
  rawPath: request.path,
  rawQueryString: request.query,
  headers: lowerCase(request),
  ...(request.query === ""
    ? {}
    : { queryStringParameters: Object.fromEntries(new URLSearchParams(request.query)) }),
  requestContext: {
    accountId: "123456789012",
    apiId: "r3pmxmplak",
    domainName: header(request, "host"),
    http: { method: request.method, path: request.path, protocol: "HTTP/1.1", sourceIp: request.ip },
    routeKey: "$default",
    stage: "$default",
  },
  ...textOrBase64(request),
});

const functionUrl: ToEvent = (request) => ({
  version: "2.0",
  routeKey: "$default",
  rawPath: request.path,
  rawQueryString: request.query,
  headers: lowerCase(request),
  requestContext: {
    accountId: "anonymous",
    apiId: "abcdefghijklmnopqrstuvwxyz012345",
    authentication: null,
    authorizer: null,
    domainName: header(request, "host"),
    http: { method: request.method, path: request.path, protocol: "HTTP/1.1", sourceIp: request.ip },
    routeKey: "$default",
    stage: "$default",
  },
  body: request.body.toString("base64"),
  isBase64Encoded: true,
  pathParameters: null,
  queryStringParameters: null,
  stageVariables: null,
});

/** The query decoded, `+` into a space; header names as sent. */
const restApi: ToEvent = (request) => {
  const pairs = [...new URLSearchParams(request.query)];
  const multi: Record<string, string[]> = {};
  for (const [name, value] of pairs) multi[name] = [...(multi[name] ?? []), value];
  return {
    resource: "/",
    path: request.path,
    httpMethod: request.method,
    headers: Object.fromEntries(request.headers),
    multiValueHeaders: Object.fromEntries(request.headers.map(([name, value]) => [name, [value]])),
    queryStringParameters: pairs.length === 0 ? null : Object.fromEntries(pairs),
    multiValueQueryStringParameters: pairs.length === 0 ? null : multi,
    requestContext: {
      domainName: header(request, "host"),
      httpMethod: request.method,
      identity: { sourceIp: request.ip, userAgent: null },
      path: request.path,
      stage: "prod",
    },
    body: request.body.length === 0 ? null : request.body.toString(),
    isBase64Encoded: false,
  };
};

/** What somebody who may invoke the function writes: the signed request, and no more. */
const direct: ToEvent = (request) => ({
  version: "2.0",
  rawPath: request.path,
  rawQueryString: request.query,
  headers: Object.fromEntries(request.headers),
  requestContext: { http: { method: request.method } },
  body: request.body.toString(),
});

/** Each way in which a call comes to a function. */
export const eventKinds: readonly { readonly kind: string; readonly toEvent: ToEvent }[] = [
  { kind: "HTTP API (payload v2)", toEvent: httpApi },
  { kind: "function URL", toEvent: functionUrl },
  { kind: "REST API (payload v1)", toEvent: restApi },
  { kind: "direct invocation", toEvent: direct },
];

/** What Lambda hands to a handler beside the event. */
export const lambdaContext = (functionName = "keyway-test-function"): Context => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName,
  functionVersion: "$LATEST",
  invokedFunctionArn: `arn:aws:lambda:eu-central-1:123456789012:function:${functionName}`,
  memoryLimitInMB: "512",
  awsRequestId: "8f507cfc-9e6e-4c1d-9e0a-3d1f5c2b7a6e",
  logGroupName: `/aws/lambda/${functionName}`,
  logStreamName: "2026/05/28/[$LATEST]7a5f2e",
  getRemainingTimeInMillis: () => 29_000,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
});

export interface Gateway {
  /** `127.0.0.1:40123` */
  readonly host: string;
  close(): Promise<void>;
}

export const startGateway = async (toEvent: ToEvent, invoke: Invoke): Promise<Gateway> => {
  const answer = async (message: IncomingMessage): Promise<LambdaReply> => {
    const event = toEvent(await readRequest(message));
    // Events and replies travel as JSON.
    const reply = await invoke(JSON.parse(JSON.stringify(event)), lambdaContext());
    return JSON.parse(JSON.stringify(reply));
  };
  const server = createServer((message, response) => {
    answer(message).then(
      ({ statusCode, headers, body }) => response.writeHead(statusCode, headers).end(body),
      () => response.writeHead(500).end('{"message":"Internal Server Error"}'),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    host: `127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const readRequest = async (message: IncomingMessage): Promise<RawRequest> => {
  const [path = "/", query = ""] = (message.url ?? "/").split(/\?(.*)/s);
  const headers: (readonly [string, string])[] = [];
  for (let index = 0; index < message.rawHeaders.length; index += 2) {
    headers.push([message.rawHeaders[index] ?? "", message.rawHeaders[index + 1] ?? ""]);
  }
  return {
    method: message.method ?? "",
    path,
    query,
    headers,
    body: await buffer(message),
    ip: message.socket.remoteAddress ?? "",
  };
};
