import { UpstreamFailure } from "./failure.ts";

interface OutboundRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
  readonly signal: AbortSignal;
  /** On a connection of its own. One that is kept while a function is frozen dies unnoticed, which looks like a lost answer. */
  readonly isAlone?: true | undefined;
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
 * Failures before the request could leave, by the system call: `EHOSTUNREACH` ends a connection in use as well as one
 * that is being made. `fetch` keeps connections, and one that the other side has just closed looks like a lost answer:
 * that is told as unknown, because it may be one.
 */
const openingCalls: readonly unknown[] = ["connect", "getaddrinfo"];
const connectTimeout = "UND_ERR_CONNECT_TIMEOUT";
const tlsCode = /^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

const failure = (kind: "unsent" | "unknown", code: string, status = 0): UpstreamFailure =>
  new UpstreamFailure({ kind, code, requestId: null, status });

/** The one way out: bounded in time by the signal and in size by us, and it follows nobody elsewhere. */
export const send = async ({
  url,
  method,
  headers: own,
  body,
  signal,
  isAlone,
}: OutboundRequest): Promise<OutboundReply> => {
  let response: Response | undefined;
  try {
    const sent = { ...own, ...(isAlone && { connection: "close" }) };
    response = await fetch(url, { method, headers: sent, body: body ?? null, redirect: "manual", signal });
    const { status, headers } = response;
    // A redirect could lead the credential, and what is asked with it, to another house.
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      throw failure("unknown", "redirected", status);
    }
    return { status, headers, text: await readText(response) };
  } catch (error) {
    if (error instanceof UpstreamFailure) throw error;
    if (signal.aborted) throw failure("unknown", "timeout");
    // A reply that has begun proves that the request was sent, whatever ends it. Without the error, whose text may
    // quote an address or a header.
    throw response === undefined && isUnsent(error)
      ? failure("unsent", "connect_failed")
      : failure("unknown", "connection_lost");
  }
};

const readText = async (response: Response): Promise<string> => {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early cancels the stream.
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    // Without its status: a reply that was not read to its end says nothing of how the call ended.
    if (bytes > replyBytesMax) throw failure("unknown", "reply_too_large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
};

const isUnsent = (error: unknown): boolean => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  // A name with several addresses fails once for each of them.
  const causes: readonly unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  return causes.length > 0 && causes.every(isBeforeSending);
};

const isBeforeSending = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (openingCalls.includes(Reflect.get(error, "syscall"))) return true;
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" && (code === connectTimeout || tlsCode.test(code));
};
