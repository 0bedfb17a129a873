import type { Secret } from "../../keys/secret.ts";
import { withoutPort } from "../../signing/host.ts";
import { signTc3 } from "../../signing/tc3.ts";
import type { NativeCall, Refusals } from "../dialect.ts";
import { attempt, type CallOptions, type Effects, type UpstreamClient } from "./attempts.ts";
import { failureOf, type UpstreamFailure } from "./failure.ts";
import { type OutboundReply, send } from "./outbound.ts";

interface Settings {
  /** `https://tokenhub.tencentcloudapi.com` */
  readonly endpoint: string;
  readonly service: string;
  readonly version: string;
  /** Empty for a service without regions. */
  readonly region: string;
  readonly credential: { readonly secretId: string; readonly secretKey: Secret };
}

interface TencentReply {
  /** As it came. */
  readonly text: string;
  /** The object under `Response`. */
  readonly response: Readonly<Record<string, unknown>>;
  /** What the error inside it says; undefined for none. */
  readonly refusal: UpstreamFailure | undefined;
}

export interface TencentClient extends UpstreamClient {
  /** Sends a body as it is and answers whatever comes, refusals included. `region` goes before the configured one. */
  forward(
    action: string,
    body: Uint8Array<ArrayBuffer>,
    region: string | undefined,
    options: CallOptions,
  ): Promise<TencentReply>;
}

/** Free text in place of a code may quote what was sent. */
const codeForm = /^[\w.-]{1,128}$/;

/** Faults of the system's own say nothing of how far it had come. */
const ownFault = /^(?:InternalError|ServiceUnavailable|FailedOperation\.(?:\w*Timeout|InternalError))/;

const contentType = "application/json";

/** A service of API 3.0: JSON by POST, signed anew with TC3 for every attempt. */
export const tencentClient = (settings: Settings, effects: Effects): TencentClient => {
  const { endpoint, service, version, credential } = settings;
  // What the real system's clock is ahead of ours, learned from its own date when it refuses a signature as too old.
  let offsetMs = 0;

  const once = async (
    action: string,
    body: Uint8Array<ArrayBuffer>,
    region: string,
    { traceparent, refusals, isFrozenBetween }: CallOptions,
    signal: AbortSignal,
  ): Promise<{ readonly reply: OutboundReply; readonly parsed: TencentReply }> => {
    // Signed without its port, as the official SDK for Node does; real endpoints have none.
    const { host } = new URL(endpoint);
    const timestampSeconds = Math.floor((effects.clock().getTime() + offsetMs) / 1000);
    const signed = signTc3(
      {
        method: "POST",
        path: "/",
        query: "",
        headers: { "content-type": contentType, host: withoutPort(host) },
        body,
      },
      { secretId: credential.secretId, secretKey: credential.secretKey.expose() },
      { service, timestampSeconds },
    );
    const reply = await send({
      method: "POST",
      url: `${endpoint}/`,
      headers: {
        "content-type": contentType,
        "x-tc-action": action,
        "x-tc-version": version,
        ...(region === "" ? {} : { "x-tc-region": region }),
        ...signed,
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      body,
      signal,
      isAlone: isFrozenBetween,
    });
    return { reply, parsed: readEnvelope(reply, refusals?.meanings) };
  };

  const sendOnce = async (...call: Parameters<typeof once>): Promise<TencentReply> => {
    const { reply, parsed } = await once(...call);
    // Refused before anything was done, so a change may be sent again, too.
    const isLate = codeOf(parsed) === "AuthFailure.SignatureExpire" && learn(reply);
    return isLate ? (await once(...call)).parsed : parsed;
  };

  const learn = (reply: OutboundReply): boolean => {
    const theirs = Date.parse(reply.headers.date ?? "");
    if (Number.isNaN(theirs)) return false;
    offsetMs = theirs - effects.clock().getTime();
    return true;
  };

  return {
    forward: (action, body, region, options) =>
      attempt(options, effects, async (signal) => {
        const reply = await sendOnce(action, body, region ?? settings.region, options, signal);
        // Not the caller's credential but ours: to the caller it says nothing, and its text names our account.
        if (reply.refusal !== undefined && /^(?:AuthFailure|UnauthorizedOperation)/.test(codeOf(reply))) {
          throw reply.refusal;
        }
        return reply;
      }),
    call: async (call: NativeCall, options) => {
      if (call.surface !== "tencent") throw new Error("not a call of API 3.0");
      const body = new TextEncoder().encode(JSON.stringify(call.input));
      return attempt(options, effects, async (signal) => {
        const reply = await sendOnce(call.action, body, settings.region, options, signal);
        if (reply.refusal !== undefined) throw reply.refusal;
        return reply.response;
      });
    },
  };
};

const codeOf = ({ refusal }: TencentReply): string => refusal?.code ?? "";

/** Reads `{"Response": {...}}`, with an error inside it or not; what is neither is thrown. */
const readEnvelope = (reply: OutboundReply, meanings: Refusals["meanings"]): TencentReply => {
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
    throw failureOf(reply, "unknown", "reply_unreadable", RequestId);
  }
  const kind = ownFault.test(code) ? "unknown" : "answered";
  return { text, response, refusal: failureOf(reply, kind, code, RequestId, meanings?.get(code)) };
};

/** API 3.0 answers 200 whatever happened; anything else comes from something in between. */
const withoutEnvelope = (reply: OutboundReply): UpstreamFailure => {
  const { status } = reply;
  // A 404 from in between tells of a path, not of a key: as `http_404` it would prove a deletion that never happened.
  if (status === 200 || status === 404) return failureOf(reply, "unknown", "reply_unreadable", null);
  return failureOf(reply, status >= 400 && status < 500 ? "answered" : "unknown", `http_${status}`, null);
};

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
