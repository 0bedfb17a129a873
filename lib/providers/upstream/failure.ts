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
}

/** Without the system's own text: it may quote what it was sent, and that may be secret. */
export class UpstreamFailure extends Error implements FailureFacts {
  readonly kind: FailureKind;
  readonly code: string;
  readonly requestId: string | null;
  readonly status: number;
  readonly means: ErrorCode | undefined;

  constructor({ kind, code, requestId, status, means }: FailureFacts, options?: ErrorOptions) {
    super(`the upstream call failed: ${kind}, ${code}`, options);
    this.name = "UpstreamFailure";
    this.kind = kind;
    this.code = code;
    this.requestId = requestId;
    this.status = status;
    this.means = means;
  }
}

/** The real system says that it has no such key. */
export const isMissing = ({ code }: FailureFacts): boolean =>
  code.startsWith("ResourceNotFound") || code === "http_404";
