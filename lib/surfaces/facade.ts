import { may, type Principal } from "../access/principal.ts";
import { errorTable, Refusal } from "../errors.ts";
import type { House } from "../house.ts";
import type { HttpReply, HttpRequest } from "../http.ts";
import type { Operation } from "../operation.ts";
import { parseForm } from "../signing/form.ts";
import { bearerOf } from "./bearer.ts";
import { parseJson } from "./json.ts";
import { beginCall, type CallRecord, endCall } from "./record.ts";
import { route } from "./route.ts";

const habits = { "cache-control": "no-store", "x-content-type-options": "nosniff" } as const;

/** A door may let in less, and Lambda's lets in more. */
const bodyBytesMax = 1024 * 1024;

/** The facade: one bearer token, strict JSON, problem details (RFC 9457) for every refusal. */
export const serveFacade = async (
  request: HttpRequest,
  operations: readonly Operation[],
  house: House,
): Promise<HttpReply> => {
  const record = beginCall(house, request);
  try {
    const reply = await answer(request, operations, house, record);
    endCall(house, record);
    return reply;
  } catch (error) {
    return problem(endCall(house, record, error), record.requestId);
  }
};

const answer = async (
  request: HttpRequest,
  operations: readonly Operation[],
  house: House,
  record: CallRecord,
): Promise<HttpReply> => {
  const { requestId } = record;
  const { entry: operation, params } = route(request, operations, (one) => one);
  record.action = `keyway:${operation.name}`;
  const principal = await authenticate(request, house);
  record.principal = principal;
  if (!may(principal, operation.permission, null)) {
    throw new Refusal("permission_denied", `The credential's role lacks \`${operation.permission}\`.`, {
      headers: { "www-authenticate": 'Bearer realm="keyway", error="insufficient_scope"' },
    });
  }
  const query = parseForm(request.rawQueries[0]);
  if (query === undefined)
    throw new Refusal("common_malformed", "The query must be `name=value` pairs, each name once.");
  const input = { params, query: Object.fromEntries(query), body: readBody(request) };
  record.secrets = { schema: operation.input, input: () => input };
  const value = await operation.invoke(input, {
    house,
    principal,
    caller: {
      account: principal.account,
      actor: { credential: principal.credential, subUin: principal.subUin, ip: request.ip },
      requestId,
      action: record.action,
    },
  });
  const headers = { ...habits, "x-request-id": requestId };
  if (value === undefined) return { status: operation.status, headers, body: "" };
  return {
    status: operation.status,
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify(value),
  };
};

/** Missing, malformed and wrong credentials each have their own answer (RFC 6750, section 3). */
const authenticate = async (request: HttpRequest, house: House): Promise<Principal> => {
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new Refusal(
      "authorization_malformed",
      "Send the token of a credential as `Authorization: Bearer …`.",
      {
        headers: { "www-authenticate": 'Bearer realm="keyway"' },
      },
    );
  }
  const token = bearerOf(header);
  if (token === undefined || token === "") {
    throw new Refusal("authorization_malformed", "The Authorization header must be `Bearer` and one token.", {
      headers: { "www-authenticate": 'Bearer realm="keyway", error="invalid_request"' },
    });
  }
  const principal = await house.authenticator.byToken(token);
  if (principal === undefined) {
    throw new Refusal("token_invalid", "The token is not one of a live credential.", {
      headers: { "www-authenticate": 'Bearer realm="keyway", error="invalid_token"' },
    });
  }
  return principal;
};

const readBody = (request: HttpRequest): unknown => {
  if (request.bodyTooLarge || request.body.length > bodyBytesMax)
    throw new Refusal("body_too_large", "The body is larger than 1 MB.");
  if (request.body.length === 0) return {};
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new Refusal("media_type_unsupported", "Send the body as `application/json`.");
  }
  return parseJson(request.body);
};

const problem = (refusal: Refusal | undefined, requestId: string): HttpReply => {
  const code = refusal?.code ?? "internal";
  const { status, title, retryable } = errorTable[code];
  return {
    status,
    headers: {
      ...habits,
      ...refusal?.headers,
      "x-request-id": requestId,
      "content-type": "application/problem+json",
    },
    body: JSON.stringify({
      type: "about:blank",
      title,
      status,
      detail: refusal?.message ?? `Try again; if it stays, report the request id ${requestId}.`,
      code,
      retryable,
      requestId,
      ...(refusal === undefined || refusal.issues.length === 0 ? {} : { errors: refusal.issues }),
    }),
  };
};
