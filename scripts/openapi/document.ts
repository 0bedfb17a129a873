import * as z from "zod";
import { errorCodes, errorTable } from "../../lib/errors.ts";
import { eventTypes } from "../../lib/events/types.ts";
import type { Operation } from "../../lib/operation.ts";
import { titles } from "../../lib/surfaces/facade/titles.ts";
import { forwardedResponses, forwardedSchemes, forwardedSecurity } from "./forwarded.ts";
import { components, type Json, type JsonObject, referred, schemaOf } from "./schemas.ts";

const header = (description: string): JsonObject => ({ description, schema: { type: "string" } });

const headers = {
  RequestId: header("Of this call, as the log and the audit trail have it."),
  RateLimitPolicy: header("How many calls a credential may make; absent where no limit is set."),
  RateLimit: header("How many of them are left."),
  RetryAfter: header("In how many seconds there may be another call."),
  Authenticate: header("What a call has to bring (RFC 6750)."),
  ETag: header("The version of what is answered."),
  IdempotencyReplayed: header("`true` where an earlier call with this `Idempotency-Key` had done it."),
  Receipt: header("The id of the receipt, which `GET /v1/receipts` shows."),
  StoppedAt: header("When what was ended stopped working; absent where that is not known yet."),
  Link: header('The next page, `rel="next"`, where there is one.'),
} as const;

const headerRef = (name: keyof typeof headers): JsonObject => ({ $ref: `#/components/headers/${name}` });

const limited = {
  "RateLimit-Policy": headerRef("RateLimitPolicy"),
  RateLimit: headerRef("RateLimit"),
};

const problem = (description: string, more: JsonObject = limited): JsonObject => ({
  description,
  headers: { "X-Request-Id": headerRef("RequestId"), ...more },
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
});

const problems = {
  Unauthenticated: problem("Not authenticated.", { "WWW-Authenticate": headerRef("Authenticate") }),
  Forbidden: problem("Not permitted.", { ...limited, "WWW-Authenticate": headerRef("Authenticate") }),
  VersionMismatch: problem("Changed since it was read."),
  PreconditionRequired: problem("`If-Match` or a confirmation is missing."),
  Unacceptable: problem("Not acceptable: `errors` names the fields."),
  TooManyCalls: problem("Too many calls.", { ...limited, "Retry-After": headerRef("RetryAfter") }),
  Problem: problem("Refused, or failed: see `code`."),
} as const;

const problemRef = (name: keyof typeof problems): JsonObject => ({ $ref: `#/components/responses/${name}` });

const headerParameter = (name: string, description: string, required = false): JsonObject => ({
  name,
  in: "header",
  required,
  description,
  schema: { type: "string" },
});

/** Parameters of a path or a query, one for each property of its schema. */
const parametersOf = (
  schema: z.ZodType,
  place: "path" | "query",
  examples: JsonObject,
): readonly JsonObject[] => {
  const { properties = {}, required = [] } = schemaOf(schema, "input");
  return Object.entries(properties as JsonObject).map(([name, one]) => ({
    name,
    in: place,
    required: (required as readonly Json[]).includes(name),
    schema: referred(one),
    ...(examples[name] !== undefined && { example: examples[name] }),
  }));
};

const headerParameters = ({ method, precondition, once, versioned }: Operation): readonly JsonObject[] => [
  ...(precondition === undefined
    ? []
    : [
        headerParameter(
          "If-Match",
          "The `ETag` of the version that is meant, or `*` for any.",
          precondition === "required",
        ),
      ]),
  ...(once === true
    ? [
        headerParameter(
          "Idempotency-Key",
          "However often the call is sent with it, for 24 hours, it happens once.",
        ),
      ]
    : []),
  ...(versioned && method === "GET"
    ? [headerParameter("If-None-Match", "An `ETag`: 304 where the key still has that version.")]
    : []),
];

const isEmpty = (schema: z.ZodType): boolean => schema instanceof z.ZodUndefined;
const takesBody = ({ method, body }: Operation): boolean =>
  method !== "GET" && !(body instanceof z.ZodObject && Object.keys(body.shape).length === 0);

const responsesOf = (operation: Operation): JsonObject => {
  const { status, reply, query, versioned, stops, method, once, parts } = operation;
  const isConfirmed = query instanceof z.ZodObject && Object.hasOwn(query.shape, "confirm");
  const isList = reply instanceof z.ZodObject && Object.hasOwn(reply.shape, "nextCursor");
  const sent = {
    "X-Request-Id": headerRef("RequestId"),
    ...limited,
    ...(versioned && { ETag: headerRef("ETag") }),
    ...(once === true && !parts && { "Idempotency-Replayed": headerRef("IdempotencyReplayed") }),
    ...(stops && { "Keyway-Receipt": headerRef("Receipt"), "Keyway-Stopped-At": headerRef("StoppedAt") }),
    ...(isList && { Link: headerRef("Link") }),
  };
  const content =
    isEmpty(reply) || status === 204
      ? {}
      : { content: { "application/json": { schema: referred(schemaOf(reply, "output")) } } };
  return {
    [status]: { description: operation.summary, headers: sent, ...content },
    ...(versioned && method === "GET"
      ? { 304: { description: "Not changed since that version.", headers: sent } }
      : {}),
    401: problemRef("Unauthenticated"),
    403: problemRef("Forbidden"),
    ...(operation.precondition !== undefined && { 412: problemRef("VersionMismatch") }),
    // A deletion has to be confirmed.
    ...((operation.precondition === "required" || isConfirmed) && {
      428: problemRef("PreconditionRequired"),
    }),
    422: problemRef("Unacceptable"),
    429: problemRef("TooManyCalls"),
    default: problemRef("Problem"),
  };
};

/** A path of the facade that is not an operation: whoever calls it has no credential. */
export interface OpenDoor {
  readonly method: "POST";
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly status: number;
  readonly body: z.ZodType;
  readonly reply: z.ZodType;
  readonly example: { readonly body: JsonObject };
}

const tagOf = (path: string): string => path.split("/")[2]?.split(":")[0] ?? "";

const openDoorOf = ({ name, summary, path, status, body, reply, example }: OpenDoor): JsonObject => ({
  operationId: name,
  summary,
  tags: [tagOf(path)],
  security: [],
  parameters: [],
  requestBody: {
    required: true,
    content: { "application/json": { schema: referred(schemaOf(body, "input")), example: example.body } },
  },
  responses: {
    [status]: {
      description: summary,
      headers: { "X-Request-Id": headerRef("RequestId") },
      content: { "application/json": { schema: referred(schemaOf(reply, "output")) } },
    },
    422: problemRef("Unacceptable"),
    429: problemRef("TooManyCalls"),
    default: problemRef("Problem"),
  },
});

const operationOf = (operation: Operation): JsonObject => {
  const { name, summary, permission, path, example, params, query, body } = operation;
  return {
    operationId: name,
    summary,
    tags: [tagOf(path)],
    "x-permission": permission,
    ...(operation.forwarded && { security: forwardedSecurity }),
    parameters: [
      ...parametersOf(params, "path", example.params ?? {}),
      ...parametersOf(query, "query", example.query ?? {}),
      ...headerParameters(operation),
    ],
    ...(takesBody(operation) && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: {
          "application/json": {
            schema: referred(schemaOf(body, "input")),
            ...(example.body !== undefined && { example: example.body as Json }),
          },
        },
      },
    }),
    responses: operation.forwarded ? forwardedResponses : responsesOf(operation),
  };
};

const signedBy = (name: string, description: string): JsonObject => headerParameter(name, description, true);

/** An outgoing event, in the form of Standard Webhooks. */
const outgoing: JsonObject = {
  operationId: "ReceiveEvent",
  summary: "An event, at least once, in the order of its key while deliveries succeed",
  parameters: [
    signedBy("webhook-id", "Of the event, the same on each attempt."),
    signedBy("webhook-timestamp", "Of the attempt, in seconds."),
    signedBy(
      "webhook-signature",
      "One signature for each live secret, `v1,…` or `v1a,…`, with spaces between.",
    ),
  ],
  requestBody: {
    required: true,
    content: {
      "application/json": {
        schema: {
          type: "object",
          required: ["type", "timestamp", "data"],
          properties: {
            type: { type: "string", enum: Object.keys(eventTypes) },
            timestamp: { type: "string", format: "date-time" },
            data: { type: "object", required: ["version"], properties: { version: { type: "integer" } } },
          },
        },
      },
    },
  },
  responses: {
    "2XX": { description: "Taken." },
    410: { description: "Gone: the endpoint is disabled." },
    default: { description: "Tried again by the schedule." },
  },
};

const ordered = ["GET", "POST", "PATCH", "DELETE"] as const;

/** The facade in OpenAPI 3.1, from the table of operations and their schemas. */
export const openapi = (operations: readonly Operation[], doors: readonly OpenDoor[]): JsonObject => {
  const paths = [...new Set([...operations, ...doors].map(({ path }) => path))];
  return {
    openapi: "3.1.0",
    info: {
      title: "Keyway",
      version: "1",
      description: `One API for API keys, whatever system cut them. Refusals are problem details with one of ${Object.keys(errorTable).length} stable codes.`,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ bearer: [] }],
    paths: Object.fromEntries(
      paths.map((path) => [
        path,
        Object.fromEntries(
          ordered.flatMap((method) => {
            const isMeant = (one: Operation | OpenDoor): boolean =>
              one.path === path && one.method === method;
            return [
              ...operations.filter(isMeant).map((one) => [method.toLowerCase(), operationOf(one)]),
              ...doors.filter(isMeant).map((one) => [method.toLowerCase(), openDoorOf(one)]),
            ];
          }),
        ),
      ]),
    ),
    // What is sent to the endpoints of `CreateWebhook`.
    webhooks: { event: { post: outgoing } },
    // What `type` of a problem points to.
    "x-problems": Object.fromEntries(
      errorCodes.map((code) => [code, { status: errorTable[code].status, title: titles[code] }]),
    ),
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "The token of a credential." },
        ...forwardedSchemes,
      },
      schemas: components,
      headers,
      responses: problems,
    },
  };
};
