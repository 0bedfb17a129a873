import type { Secret } from "../../keys/secret.ts";
import { withoutPort } from "../../signing/host.ts";
import { signTc3 } from "../../signing/tc3.ts";
import type { NativeCall } from "../dialect.ts";
import { attempt, type Effects } from "./attempts.ts";
import type { CallOptions, UpstreamClient } from "./client.ts";
import { UpstreamFailure } from "./failure.ts";
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

export interface TencentReply {
  /** As it came, byte for byte. */
  readonly text: string;
  /** The object under `Response`. */
  readonly response: Readonly<Record<string, unknown>>;
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
    { traceparent }: CallOptions,
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
    });
    return { reply, parsed: parse(reply) };
  };

  const sendOnce = async (...call: Parameters<typeof once>): Promise<TencentReply> => {
    const { reply, parsed } = await once(...call);
    // Refused before anything was done, so a change may be sent again, too.
    const isLate = codeOf(parsed) === "AuthFailure.SignatureExpire" && learn(reply);
    return isLate ? (await once(...call)).parsed : parsed;
  };

  const learn = (reply: OutboundReply): boolean => {
    const theirs = Date.parse(reply.headers.get("date") ?? "");
    if (Number.isNaN(theirs)) return false;
    offsetMs = theirs - effects.clock().getTime();
    return true;
  };

  return {
    forward: (action, body, region, options) =>
      attempt(options, effects, async (signal) => {
        const reply = await sendOnce(action, body, region ?? settings.region, options, signal);
        // Not the caller's credential but ours: to the caller it says nothing.
        if (codeOf(reply)?.startsWith("AuthFailure")) refuseFailure(reply);
        return reply;
      }),
    call: async (call: NativeCall, options) => {
      if (call.surface !== "tencent") throw new Error("not a call of API 3.0");
      const body = new TextEncoder().encode(JSON.stringify(call.input));
      return attempt(options, effects, async (signal) => {
        const reply = await sendOnce(call.action, body, settings.region, options, signal);
        refuseFailure(reply);
        return reply.response;
      });
    },
  };
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const parse = ({ status, text }: OutboundReply): TencentReply => {
  const response = responseOf(text);
  // API 3.0 answers 200 whatever happened; anything else comes from something in between.
  if (response !== undefined && status === 200) return { text, response };
  if (status >= 400 && status < 500) {
    throw new UpstreamFailure({ kind: "answered", code: `http_${status}`, requestId: null, status });
  }
  const code = status === 200 ? "reply_unreadable" : `http_${status}`;
  throw new UpstreamFailure({ kind: "unknown", code, requestId: null, status });
};

const responseOf = (text: string): Record<string, unknown> | undefined => {
  try {
    const envelope: unknown = JSON.parse(text);
    const response = isObject(envelope) ? envelope.Response : undefined;
    return isObject(response) ? response : undefined;
  } catch {
    return undefined;
  }
};

const codeOf = ({ response }: TencentReply): string | undefined => {
  const { Error: refusal } = response;
  if (!isObject(refusal)) return undefined;
  return typeof refusal.Code === "string" ? refusal.Code : "";
};

/** Faults of the system's own say nothing of how far it had come. */
const ownFault = /^(?:InternalError|ServiceUnavailable|FailedOperation\.(?:\w*Timeout|InternalError))/;

const refuseFailure = (reply: TencentReply): void => {
  const code = codeOf(reply);
  if (code === undefined) return;
  const { RequestId: requestId } = reply.response;
  throw new UpstreamFailure({
    kind: ownFault.test(code) ? "unknown" : "answered",
    code,
    requestId: typeof requestId === "string" ? requestId : null,
    status: 200,
  });
};
