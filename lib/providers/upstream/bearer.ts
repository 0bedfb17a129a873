import type { Secret } from "../../keys/secret.ts";
import type { Refusals } from "../dialect.ts";
import { attempt, type CallOptions, type Effects, type UpstreamClient } from "./attempts.ts";
import { failureOf } from "./failure.ts";
import { type OutboundReply, send } from "./outbound.ts";

interface Settings {
  /** `https://api.nexara.net` */
  readonly endpoint: string;
  readonly token: Secret;
}

export interface BearerClient extends UpstreamClient {
  /** Sends a body as it is and answers whatever comes, refusals included. */
  forward(
    method: string,
    path: string,
    body: Uint8Array<ArrayBuffer> | undefined,
    options: CallOptions,
  ): Promise<Pick<OutboundReply, "status" | "text">>;
}

/** A service with paths of its own and a bearer token. */
export const bearerClient = ({ endpoint, token }: Settings, effects: Effects): BearerClient => {
  const once = (
    method: string,
    path: string,
    body: Uint8Array<ArrayBuffer> | undefined,
    { traceparent, isFrozenBetween }: CallOptions,
    signal: AbortSignal,
  ): Promise<OutboundReply> =>
    send({
      method,
      url: `${endpoint}${path}`,
      headers: {
        authorization: `Bearer ${token.expose()}`,
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(traceparent === undefined ? {} : { traceparent }),
      },
      body,
      signal,
      isAlone: isFrozenBetween,
    });
  return {
    forward: (method, path, body, options) =>
      attempt(options, effects, async (signal) => {
        const reply = await once(method, path, body, options, signal);
        // Not the caller's credential but ours: to the caller it says nothing.
        if (reply.status === 401 || reply.status === 403 || reply.status >= 500) parse(reply);
        return reply;
      }),
    call: async (call, options) => {
      if (call.surface !== "rest") throw new Error("not a call of a REST service");
      const body = call.body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(call.body));
      return attempt(options, effects, async (signal) =>
        parse(await once(call.method, call.path, body, options, signal), options.refusals),
      );
    },
  };
};

const parse = (reply: OutboundReply, refusals: Refusals = {}): unknown => {
  const { status, headers, text } = reply;
  const requestId = headers["x-request-id"];
  if (status >= 200 && status < 300) {
    if (text === "") return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw failureOf(reply, "unknown", "reply_unreadable", requestId);
    }
  }
  // A gateway's own 404 tells of a path, not of a key: it would prove a deletion that never happened.
  if (status === 404 && !isAnswer(text, refusals)) {
    throw failureOf(reply, "unknown", "reply_unreadable", requestId);
  }
  const kind = status >= 400 && status < 500 ? "answered" : "unknown";
  throw failureOf(reply, kind, `http_${status}`, requestId);
};

const isAnswer = (text: string, { isOwn = () => false }: Refusals): boolean => {
  try {
    return isOwn(JSON.parse(text));
  } catch {
    return false;
  }
};
