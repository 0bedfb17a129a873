import type { Refusal } from "../../errors.ts";
import type { HttpReply } from "../../http.ts";
import type { Verdict, VerdictCode } from "../../schemas/verdict.ts";
import type { ForwardQuery } from "../../schemas/verify.ts";
import { toldOf } from "./told.ts";

/**
 * What a proxy is told, in status and headers. Unless it asks for another there is no other status: nginx makes a 500
 * of whatever is neither 2xx nor 401 nor 403. Which refusal it is, `X-Keyway-Status` says; those that begin with
 * `PROXY_` are about the proxy's own configuration, so that it can tell its operator, and not its client, what to mend.
 */
export const statuses = {
  KEY_MISSING: 401,
  KEY_MALFORMED: 401,
  KEY_AMBIGUOUS: 401,
  NOT_FOUND: 401,
  DISABLED: 403,
  EXPIRED: 403,
  IP_DENIED: 403,
  MODEL_DENIED: 403,
  ENDPOINT_DENIED: 403,
  RATE_LIMITED: 403,
  QUOTA_EXCEEDED: 403,
  PROXY_TOKEN_INVALID: 403,
  PROXY_TOKEN_DENIED: 403,
  PROXY_QUERY_INVALID: 403,
  INTERNAL: 500,
} as const satisfies Readonly<Record<Exclude<VerdictCode, "VALID">, number>> &
  Readonly<Record<string, number>>;
export type ForwardRefusal = keyof typeof statuses;

/** RFC 6750, section 3.1. */
const challenges: Partial<Record<ForwardRefusal, string>> = {
  KEY_MISSING: "",
  KEY_MALFORMED: ', error="invalid_request"',
  KEY_AMBIGUOUS: ', error="invalid_request"',
  NOT_FOUND: ', error="invalid_token"',
};

export const refused = (code: ForwardRefusal, requestId: string): HttpReply => {
  const challenge = challenges[code];
  return {
    status: statuses[code],
    headers: {
      "cache-control": "no-store",
      "x-request-id": requestId,
      "x-keyway-status": code,
      ...(challenge !== undefined && { "www-authenticate": `Bearer realm="keyway"${challenge}` }),
    },
    body: "",
  };
};

/** Of what the proxy itself did wrong; undefined stands for a fault of ours. */
export const codeOfRefusal = (refusal: Refusal | undefined): ForwardRefusal => {
  switch (refusal?.code) {
    case undefined:
    case "unreadable":
      return "INTERNAL";
    case "authorization_malformed":
    case "token_invalid":
      return "PROXY_TOKEN_INVALID";
    case "permission_denied":
      return "PROXY_TOKEN_DENIED";
    default:
      return "PROXY_QUERY_INVALID";
  }
};

/** The statuses that a proxy may have otherwise, because it takes no 204, or because it takes more than those above. */
export type OtherStatuses = Pick<ForwardQuery, "valid" | "limited">;

export const replyOf = (
  verdict: Verdict,
  requestId: string,
  { valid, limited }: OtherStatuses,
): HttpReply => {
  const { code, retryAfter } = verdict;
  if (code !== "VALID") {
    const { status, headers, body } = refused(code, requestId);
    const isLimit = code === "RATE_LIMITED" || code === "QUOTA_EXCEEDED";
    return {
      status: isLimit && limited === "429" ? 429 : status,
      headers: { ...headers, ...(retryAfter !== null && { "retry-after": String(retryAfter) }) },
      body,
    };
  }
  return {
    status: valid === "200" ? 200 : 204,
    headers: {
      "cache-control": "no-store",
      "x-request-id": requestId,
      "x-keyway-status": code,
      ...Object.fromEntries(
        Object.entries(toldOf(verdict)).map(([name, value]) => [headerName(name), value]),
      ),
    },
    body: "",
  };
};

/** `keyId` → `x-keyway-key-id` */
const headerName = (name: string): string =>
  `x-keyway-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
