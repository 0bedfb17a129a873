import { type ErrorCode, errorTable, type Refusal } from "../../errors.ts";
import type { HttpReply, HttpRequest } from "../../http.ts";
import { titles } from "./titles.ts";

/**
 * Where a code is explained, in the description that this very server gives out. A title of one's own needs a type of
 * its own: `about:blank` would have the status phrase for one (RFC 9457, section 4.2.1).
 */
const typeOf = (code: ErrorCode): string => `/openapi.json#/x-problems/${code}`;

/** A refusal as problem details (RFC 9457); undefined stands for a fault of ours, of which nothing is told. */
export const problemOf = (refusal: Refusal | undefined, requestId: string) => {
  const code = refusal?.code ?? "internal";
  const { status, retryable } = errorTable[code];
  return {
    type: typeOf(code),
    title: titles[code],
    status,
    detail: refusal?.message ?? `Try again; if it stays, report the request id ${requestId}.`,
    code,
    retryable,
    requestId,
    ...(refusal?.upstream && { upstream: refusal.upstream }),
    ...(refusal === undefined || refusal.issues.length === 0 ? {} : { errors: refusal.issues }),
  };
};

export const problemReply = (
  { method }: Pick<HttpRequest, "method">,
  refusal: Refusal | undefined,
  requestId: string,
  headers: HttpReply["headers"],
): HttpReply => {
  const problem = problemOf(refusal, requestId);
  return {
    status: problem.status,
    headers: { ...headers, ...refusal?.headers, "content-type": "application/problem+json" },
    body: method === "HEAD" ? "" : JSON.stringify(problem),
  };
};
