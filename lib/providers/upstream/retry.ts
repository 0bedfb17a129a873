import type { FailureFacts } from "./failure.ts";

export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly reads: boolean;
  readonly failure: FailureFacts;
  /** What the real system advised (`Retry-After`); null where it did not. */
  readonly adviceMs: number | null;
  /** Of the whole call. */
  readonly leftMs: number;
  /** In [0, 1). */
  readonly random: number;
}

const attemptsMax = 4;
const firstMs = 100;
const pauseMaxMs = 2000;

export const isThrottled = ({ code, means }: Pick<FailureFacts, "code" | "means">): boolean =>
  means === "rate_limited" ||
  code === "http_429" ||
  code === "RequestLimitExceeded" ||
  code.startsWith("RequestLimitExceeded.");

/**
 * How long to wait before the call is sent again; null to give up. A throttled call was not carried out, and one that
 * never left cannot have been: those are safe to repeat even where they change something. A change with an unknown
 * outcome never is.
 */
export const pauseBefore = ({ number, reads, failure, adviceMs, leftMs, random }: Attempt): number | null => {
  const isSafe = isThrottled(failure) || failure.kind === "unsent" || (reads && failure.kind === "unknown");
  if (!isSafe || number >= attemptsMax) return null;
  // Full jitter: callers that failed together do not come back together.
  const pause = adviceMs ?? Math.min(pauseMaxMs, firstMs * 2 ** (number - 1)) * random;
  return pause < leftMs ? pause : null;
};
