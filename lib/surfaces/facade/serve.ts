import { may, type Principal } from "../../access/principal.ts";
import { Refusal } from "../../errors.ts";
import type { House } from "../../house.ts";
import type { HttpReply, HttpRequest } from "../../http.ts";
import type { InvokeContext, Operation, OperationInput, Perform, Performed } from "../../operation.ts";
import type { Expected } from "../../providers/expected.ts";
import { parseForm } from "../../signing/form.ts";
import { beginCall, type CallRecord, endCall } from "../record.ts";
import { type Routes, route } from "../route.ts";
import { authenticate } from "./authenticate.ts";
import { readBody } from "./body.ts";
import { etagOf, expectedVersions, isKnown } from "./conditions.ts";
import { allowed, habitHeaders } from "./habits.ts";
import { idempotencyKey, idempotent } from "./once.ts";
import { problemReply } from "./problem.ts";
import { admit } from "./rate.ts";

/** The facade: one bearer token, strict JSON, problem details for every refusal. */
export const serveFacade = async (
  request: HttpRequest,
  operations: Routes<Operation>,
  house: House,
): Promise<HttpReply> => {
  const record = beginCall(house, request);
  const headers = habitHeaders(request, house, record);
  try {
    const reply =
      request.method === "OPTIONS"
        ? options(request, operations, record)
        : await answer(request, operations, house, record, headers);
    if (!record.quiet) endCall(house, record);
    return { ...reply, headers: Object.assign(headers, reply.headers) };
  } catch (error) {
    return problemReply(request, endCall(house, record, error), record.requestId, headers);
  }
};

/** What a path takes; a browser's preflight is answered by the headers of CORS. */
const options = (request: HttpRequest, operations: Routes<Operation>, record: CallRecord): HttpReply => {
  record.action = "keyway:Options";
  const allow = allowed(operations(request.path).map(({ method }) => method));
  return { status: 204, headers: { allow }, body: "" };
};

/** `limits` and the like are added to `headers` as they become known, so that a refusal has them, too. */
const answer = async (
  request: HttpRequest,
  operations: Routes<Operation>,
  house: House,
  record: CallRecord,
  headers: Record<string, string>,
): Promise<HttpReply> => {
  const { entry: operation, params } = route(request, operations, allowed);
  record.action = `keyway:${operation.name}`;
  const principal = await authenticate(request, house, operation.hot === true);
  record.principal = principal;
  if (operation.hot) record.quiet = true;
  else Object.assign(headers, admit(house.facadeLimiter, principal.credential, record.started));
  requirePermission(principal, operation);
  const input = { params, query: readQuery(request), body: readBody(request) };
  record.secrets = { schema: operation.input, input: () => input };
  const performed = await perform({
    operation,
    input,
    expected: expectedVersions(request, operation),
    shared: {
      house,
      principal,
      key: idempotencyKey(request, operation),
      caller: {
        account: principal.account,
        actor: { credential: principal.credential, subUin: principal.subUin, ip: request.ip },
        requestId: record.requestId,
        ...(record.trace && { traceparent: record.trace.traceparent }),
      },
    },
  });
  return rendered(request, operation, performed);
};

type Shared = Omit<InvokeContext, "perform" | "expected" | "caller"> & {
  readonly caller: Omit<InvokeContext["caller"], "action" | "once">;
  /** Of the `Idempotency-Key`. */
  readonly key: string | undefined;
};

interface Call {
  readonly operation: Operation;
  readonly input: OperationInput;
  readonly expected: Expected;
  readonly shared: Shared;
}

const requirePermission = (principal: Principal, operation: Operation): void => {
  if (may(principal, operation.permission, null)) return;
  throw new Refusal("permission_denied", `The credential's role lacks \`${operation.permission}\`.`, {
    headers: { "www-authenticate": 'Bearer realm="keyway", error="insufficient_scope"' },
  });
};

/** One operation that is permitted, whether a request of its own or a part of a batch: at most once for its key. */
const perform = async ({ operation, input, expected, shared }: Call): Promise<Performed> => {
  const { house, principal, key } = shared;
  const caller = { ...shared.caller, action: `keyway:${operation.name}` };
  const performPart: Perform = async (part, partInput, more) => {
    requirePermission(principal, part);
    return perform({
      operation: part,
      input: partInput,
      expected: more.expected,
      // With a space, which no caller's key has: a part never shares the key of another call.
      shared: { ...shared, key: key === undefined ? undefined : `${key} ${more.part}` },
    });
  };
  const context = { house, principal, expected, perform: performPart };
  const answer =
    key === undefined
      ? await operation.invoke(input, { ...context, caller })
      : await idempotent({ house, principal, operation, input, key, caller }, (once) =>
          operation.invoke(input, { ...context, caller: { ...caller, once } }),
        );
  return { status: operation.status, ...answer };
};

const noQuery = {};

const readQuery = (request: HttpRequest): Readonly<Record<string, string>> => {
  if (request.rawQueries[0] === "") return noQuery;
  const query = parseForm(request.rawQueries[0]);
  if (query !== undefined) return Object.fromEntries(query);
  throw new Refusal("common_malformed", "The query must be `name=value` pairs, each name once.");
};

const rendered = (
  request: HttpRequest,
  operation: Operation,
  { status, value, version, receipt, replayed }: Performed,
): HttpReply => {
  const headers: Record<string, string> = nextLink(request, value);
  if (replayed) headers["idempotency-replayed"] = "true";
  if (receipt !== undefined) headers["keyway-receipt"] = receipt.id;
  if (receipt?.stoppedAt) headers["keyway-stopped-at"] = receipt.stoppedAt;
  if (status === 204) return { status, headers, body: "" };
  if (version !== undefined) {
    headers.etag = etagOf(version);
    if (operation.method === "GET" && isKnown(request, headers.etag)) {
      return { status: 304, headers, body: "" };
    }
  }
  headers["content-type"] = "application/json";
  return { status, headers, body: request.method === "HEAD" ? "" : JSON.stringify(value) };
};

/** Where a list goes on (RFC 8288), for those who do not read bodies. */
const nextLink = (request: HttpRequest, value: unknown): Record<string, string> => {
  const cursor: unknown =
    typeof value === "object" && value !== null ? Reflect.get(value, "nextCursor") : undefined;
  if (typeof cursor !== "string") return {};
  const query = new URLSearchParams(request.rawQueries[0]);
  query.set("cursor", cursor);
  return { link: `<${request.path}?${query}>; rel="next"` };
};
