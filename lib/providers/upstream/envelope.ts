import type { ErrorCode } from "../../errors.ts";
import type { Refusals } from "../dialect.ts";
import { Advised } from "./attempts.ts";
import { type FailureKind, UpstreamFailure } from "./failure.ts";
import type { OutboundReply } from "./outbound.ts";
import { requestIdOf } from "./request-id.ts";
import { retryAfter } from "./retry-after.ts";

export interface TencentReply {
  /** As it came. */
  readonly text: string;
  /** The object under `Response`. */
  readonly response: Readonly<Record<string, unknown>>;
  /** What the error inside it says; undefined for none. */
  readonly refusal: Advised | undefined;
}

/** Free text in place of a code may quote what was sent. */
const codeForm = /^[\w.-]{1,128}$/;

/** Faults of the system's own say nothing of how far it had come. */
const ownFault = /^(?:InternalError|ServiceUnavailable|FailedOperation\.(?:\w*Timeout|InternalError))/;

/** Reads `{"Response": {...}}`, with an error inside it or not; what is neither is thrown. */
export const readEnvelope = (reply: OutboundReply, meanings: Refusals["meanings"] = {}): TencentReply => {
  const { status, text } = reply;
  const isRefusedByStatus = status >= 400 && status < 500;
  const response = status === 200 || isRefusedByStatus ? responseOf(text) : undefined;
  if (response === undefined) throw withoutEnvelope(reply);
  const { Error: error, RequestId } = response;
  if (error === undefined || error === null) {
    if (status !== 200) throw withoutEnvelope(reply);
    return { text, response, refusal: undefined };
  }
  const code = isObject(error) ? error.Code : undefined;
  if (typeof code !== "string" || !codeForm.test(code)) {
    throw failed(reply, "unknown", "reply_unreadable", RequestId);
  }
  const kind = ownFault.test(code) ? "unknown" : "answered";
  return { text, response, refusal: failed(reply, kind, code, RequestId, meanings[code]) };
};

/** API 3.0 answers 200 whatever happened; anything else comes from something in between. */
const withoutEnvelope = (reply: OutboundReply): Advised => {
  const { status } = reply;
  // A 404 from in between tells of a path, not of a key: as `http_404` it would prove a deletion that never happened.
  if (status === 200 || status === 404) return failed(reply, "unknown", "reply_unreadable");
  return failed(reply, status >= 400 && status < 500 ? "answered" : "unknown", `http_${status}`);
};

const failed = (
  { status, headers }: OutboundReply,
  kind: FailureKind,
  code: string,
  requestId?: unknown,
  means?: ErrorCode,
): Advised =>
  new Advised(
    new UpstreamFailure({ kind, code, requestId: requestIdOf(requestId), status, means }),
    retryAfter(headers),
  );

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const responseOf = (text: string): Record<string, unknown> | undefined => {
  try {
    const envelope: unknown = JSON.parse(text);
    const response = isObject(envelope) ? envelope.Response : undefined;
    return isObject(response) ? response : undefined;
  } catch {
    return undefined;
  }
};
