import type { NativeCall, Refusals } from "../dialect.ts";
import { type FailureFacts, isThrottled, UpstreamFailure } from "./failure.ts";

/** A real system that calls are sent to, signed or with a bearer token. Rejects with `UpstreamFailure`. */
export interface UpstreamClient {
  /** The inner `Response` object of a Tencent service, or the body of a REST one; undefined for none. */
  call(call: NativeCall, options: CallOptions): Promise<unknown>;
}

export interface CallOptions {
  /** A read is tried again when it fails; a write only when the system said that it was throttled. */
  readonly reads: boolean;
  /** Of the whole call, all attempts and pauses together. */
  readonly timeoutMs: number;
  readonly traceparent?: string | undefined;
  /** Of the service that is called. */
  readonly refusals?: Refusals | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The process is frozen between calls: each has a connection of its own. */
  readonly isFrozenBetween?: true;
}

/** What clients of real systems need of the world. */
export interface Effects {
  readonly clock: () => Date;
  /** In [0, 1). */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface Attempt {
  /** From 1. */
  readonly number: number;
  readonly reads: boolean;
  readonly failure: FailureFacts;
  /** Of the whole call. */
  readonly leftMs: number;
  /** In [0, 1). */
  readonly random: number;
}

const attemptsMax = 4;
const firstMs = 100;
const pauseMaxMs = 2000;

/**
 * How long to wait before the call is sent again; null to give up. A throttled call was not carried out, and one that
 * never left cannot have been: those are safe to repeat even where they change something. A change with an unknown
 * outcome never is.
 */
export const pauseBefore = ({ number, reads, failure, leftMs, random }: Attempt): number | null => {
  const isSafe = isThrottled(failure) || failure.kind === "unsent" || (reads && failure.kind === "unknown");
  if (!isSafe || number >= attemptsMax) return null;
  // Full jitter: callers that failed together do not come back together.
  const pause = failure.adviceMs ?? Math.min(pauseMaxMs, firstMs * 2 ** (number - 1)) * random;
  return pause < leftMs ? pause : null;
};

/** Sends until there is an answer, it would be unsafe to send again, or the time is over. */
export const attempt = async <T>(
  { timeoutMs, reads, signal }: CallOptions,
  { clock, random, sleep }: Effects,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const end = clock().getTime() + timeoutMs;
  const timeout = AbortSignal.timeout(timeoutMs);
  const limit = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  for (let number = 1; ; number++) {
    try {
      return await send(limit);
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      const leftMs = end - clock().getTime();
      const pause = pauseBefore({ number, reads, failure: error, leftMs, random: random() });
      if (pause === null || limit.aborted) throw error;
      await sleep(pause);
      // Nothing more was sent: the last failure still says what is known of the call.
      if (limit.aborted) throw error;
    }
  }
};
