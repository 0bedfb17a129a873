import type { CallOptions } from "./client.ts";
import { UpstreamFailure } from "./failure.ts";
import { pauseBefore } from "./retry.ts";

/** What clients of real systems need of the world. */
export interface Effects {
  readonly clock: () => Date;
  /** In [0, 1). */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** A failure with what the system advised: its `Retry-After`. */
export class Advised extends Error {
  readonly failure: UpstreamFailure;
  readonly adviceMs: number | null;

  constructor(failure: UpstreamFailure, adviceMs: number | null) {
    super(failure.message);
    this.failure = failure;
    this.adviceMs = adviceMs;
  }
}

/** Sends until there is an answer, it would be unsafe to send again, or the time is over. */
export const attempt = async <T>(
  { timeoutMs, reads, signal }: CallOptions,
  { clock, random, sleep }: Effects,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const end = clock().getTime() + timeoutMs;
  const limits = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])];
  const limit = AbortSignal.any(limits);
  for (let number = 1; ; number++) {
    try {
      return await send(limit);
    } catch (error) {
      const { failure, adviceMs } = error instanceof Advised ? error : { failure: error, adviceMs: null };
      if (!(failure instanceof UpstreamFailure)) throw error;
      const leftMs = end - clock().getTime();
      const pause = pauseBefore({ number, reads, failure, adviceMs, leftMs, random: random() });
      if (pause === null || limit.aborted) throw failure;
      await sleep(pause);
      // Nothing more was sent: the last failure still says what is known of the call.
      if (limit.aborted) throw failure;
    }
  }
};
