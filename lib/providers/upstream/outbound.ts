import {
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  Agent as PlainAgent,
  request as plain,
} from "node:http";
import type { Agent as TlsAgent } from "node:https";
import { https } from "../../https.ts";
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
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Larger than any page of keys; what is larger is not one. */
const replyBytesMax = 8 * 1024 * 1024;

/** Longer than it takes to reach any house; less than a call may take, so that one may still be sent again. */
const connectMs = 10_000;

/** As `fetch` does: less than what servers usually keep, so that a connection is not used just as it is closed. */
const kept = { keepAlive: true, timeout: 4000 };
let plainAgent: PlainAgent | undefined;
let tlsAgent: TlsAgent | undefined;
/** Made on use: most functions in the cloud bring this file along and call nobody. */
const agentFor = (isSecure: boolean): PlainAgent | TlsAgent => {
  if (isSecure) {
    tlsAgent ??= new (https().Agent)(kept);
    return tlsAgent;
  }
  plainAgent ??= new PlainAgent(kept);
  return plainAgent;
};

const failure = (kind: "unsent" | "unknown", code: string, status = 0): UpstreamFailure =>
  new UpstreamFailure({ kind, code, requestId: null, status });

/**
 * The one way out: bounded in time by the signal and in size by us, and it follows nobody elsewhere. By `node:http`,
 * because the first `fetch` of a process costs it 17 MB, and each one more time.
 */
export const send = async (asked: OutboundRequest): Promise<OutboundReply> => {
  const { signal, body } = asked;
  const { promise, resolve, reject } = Promise.withResolvers<OutboundReply>();
  const isSecure = asked.url.startsWith("https:");
  const request = begin(asked, isSecure);
  // From here on the request may have left, whatever the error says: bytes that are no TLS, coming after it, are told as
  // the handshake's own faults are.
  let isOpen = false;
  let hasBegun = false;
  // Without the error, whose text may quote an address or a header.
  const fail = (error: unknown): void => {
    if (signal.aborted) reject(failure(isOpen ? "unknown" : "unsent", "timeout"));
    else if (!isOpen && isUnsent(error)) reject(failure("unsent", "connect_failed"));
    else reject(failure("unknown", "connection_lost"));
  };
  const connecting = setTimeout(() => request.destroy(new ConnectTimeout()), connectMs);
  request.on("socket", (socket) => {
    const opened = (): void => {
      isOpen = true;
      clearTimeout(connecting);
    };
    if (socket.connecting) socket.once(isSecure ? "secureConnect" : "connect", opened);
    else opened();
  });
  request.on("error", fail);
  request.on("close", () => {
    clearTimeout(connecting);
    if (!hasBegun) fail(undefined);
  });
  request.on("response", (response) => {
    hasBegun = true;
    read(response).then(resolve, (error: unknown) => {
      if (error instanceof UpstreamFailure) reject(error);
      else fail(error);
      response.destroy();
    });
  });
  request.end(body);
  return promise;
};

const begin = (
  { url, method, headers, body, signal, isAlone }: OutboundRequest,
  isSecure: boolean,
): ClientRequest => {
  try {
    return (isSecure ? https().request : plain)(url, {
      method,
      headers: {
        "user-agent": "keyway",
        ...(body !== undefined && { "content-length": `${body.byteLength}` }),
        ...headers,
      },
      agent: isAlone ? false : agentFor(isSecure),
      signal,
    });
  } catch {
    // A character that no header may have, in a credential of the configuration or in a key that is tried.
    throw failure("unsent", "request_invalid");
  }
};

const read = async (response: IncomingMessage): Promise<OutboundReply> => {
  const { statusCode: status = 0, headers } = response;
  // A redirect could lead the credential, and what is asked with it, to another house. 304 leads nowhere.
  if (status >= 300 && status < 400 && status !== 304) throw failure("unknown", "redirected", status);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.byteLength;
    // Without its status: a reply that was not read to its end says nothing of how the call ended.
    if (bytes > replyBytesMax) reject(failure("unknown", "reply_too_large"));
    else chunks.push(chunk);
  });
  response.on("end", resolve);
  response.on("error", reject);
  response.on("close", reject);
  await promise;
  return { status, headers, text: Buffer.concat(chunks).toString("utf8") };
};

class ConnectTimeout extends Error {}

/**
 * Failures before the request could leave, by the system call: `EHOSTUNREACH` ends a connection in use as well as one that
 * is being made.
 */
const openingCalls: readonly unknown[] = ["connect", "getaddrinfo"];
const tlsCode = /^(?:CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/;

/**
 * Whether the request cannot have left. A kept connection that the other side has just closed looks like a lost answer:
 * that is told as unknown, because it may be one.
 */
export const isUnsent = (error: unknown): boolean => {
  // A name with several addresses fails once for each of them.
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return errors.length > 0 && errors.every(isBeforeSending);
};

const isBeforeSending = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  if (error instanceof ConnectTimeout || openingCalls.includes(Reflect.get(error, "syscall"))) return true;
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" && tlsCode.test(code);
};
