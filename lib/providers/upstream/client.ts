import type { NativeCall, Refusals } from "../dialect.ts";

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
}
