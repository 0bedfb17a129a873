import { UpstreamFailure } from "./failure.ts";

export interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  readonly signal: AbortSignal;
}

export interface OutboundReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Headers;
  readonly text: string;
}

/** Larger than any page of keys; what is larger is not one. */
const replyBytesMax = 8 * 1024 * 1024;

/**
 * Failures before the request could leave. `fetch` keeps connections, and one that the other side has just closed looks
 * like a lost answer: that is told as unknown, because it may be one.
 */
const unsentCodes = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const tlsCode = /^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

const failure = (kind: "unsent" | "unknown", code: string, status = 0): UpstreamFailure =>
  new UpstreamFailure({ kind, code, requestId: null, status });

/** The one way out: bounded in time by the signal and in size by us, and it follows nobody elsewhere. */
export const send = async ({ url, signal, ...request }: OutboundRequest): Promise<OutboundReply> => {
  try {
    const response = await fetch(url, { ...request, body: request.body ?? null, redirect: "manual", signal });
    // A redirect could lead the credential, and what is asked with it, to another house.
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw failure("unknown", "redirected", response.status);
    }
    return { status: response.status, headers: response.headers, text: await readText(response) };
  } catch (error) {
    throw error instanceof UpstreamFailure ? error : failureOf(error, signal);
  }
};

const readText = async (response: Response): Promise<string> => {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > replyBytesMax) throw failure("unknown", "reply_too_large", response.status);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

/** Without the error itself, whose text may quote an address or a header. */
const failureOf = (error: unknown, signal: AbortSignal): UpstreamFailure => {
  if (signal.aborted) return failure("unknown", "timeout");
  const code = codeOf(error) ?? codeOf(error instanceof Error ? error.cause : undefined) ?? "";
  return unsentCodes.has(code) || tlsCode.test(code)
    ? failure("unsent", "connect_failed")
    : failure("unknown", "connection_lost");
};

const codeOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  // A name with several addresses fails once for each of them.
  const [first]: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const code: unknown = Reflect.get(first instanceof Error ? first : error, "code");
  return typeof code === "string" ? code : undefined;
};
