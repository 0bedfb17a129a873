import type { IncomingHttpHeaders } from "node:http";
import type { ErrorCode } from "../../errors.ts";

/**
 * Why a call of a real system has no usable answer. `answered`: it said no, with a code of its own, and did nothing;
 * `unsent`: it never heard of the call; `unknown`: it may have done it, and the answer was lost, cut off, unreadable
 * or a fault of its own.
 */
export type FailureKind = "answered" | "unsent" | "unknown";

export interface FailureFacts {
  readonly kind: FailureKind;
  /** The system's own: `ResourceNotFound.InvalidAccessKeyId`; for a REST system `http_404`; ours for the rest. */
  readonly code: string;
  /** Of the system's reply, where it has one. */
  readonly requestId: string | null;
  /** The HTTP status; 0 without a reply. */
  readonly status: number;
  /** What the service says that its code means; undefined where that is what it means to all. */
  readonly means?: ErrorCode | undefined;
  /** How long it advised to wait; undefined where it did not. */
  readonly adviceMs?: number | undefined;
}

/** Without the system's own text: it may quote what it was sent, and that may be secret. */
export class UpstreamFailure extends Error implements FailureFacts {
  readonly kind: FailureKind;
  readonly code: string;
  readonly requestId: string | null;
  readonly status: number;
  readonly means: ErrorCode | undefined;
  readonly adviceMs: number | undefined;

  constructor({ kind, code, requestId, status, means, adviceMs }: FailureFacts, options?: ErrorOptions) {
    super(`the upstream call failed: ${kind}, ${code}`, options);
    this.name = "UpstreamFailure";
    this.kind = kind;
    this.code = code;
    this.requestId = requestId;
    this.status = status;
    this.means = means;
    this.adviceMs = adviceMs;
  }
}

/** The real system says that it has no such key. */
export const isMissing = ({ code }: FailureFacts): boolean =>
  code.startsWith("ResourceNotFound") || code === "http_404";

/** Not carried out, as it takes no more at the moment. */
export const isThrottled = ({ code, means }: FailureFacts): boolean =>
  means === "rate_limited" ||
  code === "http_429" ||
  code === "RequestLimitExceeded" ||
  code.startsWith("RequestLimitExceeded.");

const requestIdForm = /^[\w.:-]{1,128}$/;

/** What a system advised; the form with a date is not used for rates. */
const retryAfter = (headers: IncomingHttpHeaders): number | undefined => {
  const seconds = headers["retry-after"];
  // Long advice counts, too: it ends the attempts, where no advice would send the next one at once.
  return seconds !== undefined && /^\d{1,10}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
};

/**
 * The failure that a reply tells. The system's own request id goes into problems and the audit trail; anything but an
 * id stays out of them.
 */
export const failureOf = (
  { status, headers }: { readonly status: number; readonly headers: IncomingHttpHeaders },
  kind: FailureKind,
  code: string,
  requestId: unknown,
  means?: ErrorCode,
): UpstreamFailure =>
  new UpstreamFailure({
    kind,
    code,
    requestId: typeof requestId === "string" && requestIdForm.test(requestId) ? requestId : null,
    status,
    means,
    adviceMs: retryAfter(headers),
  });
