import type { ReadRecorder } from "../../audit/reads.ts";
import type { AccountId } from "../../schemas/key.ts";
import type { EventDraft } from "../../store/port/records.ts";
import type { Caller } from "../caller.ts";
import type { CallOptions } from "./attempts.ts";
import type { BearerClient } from "./bearer.ts";
import { UpstreamFailure } from "./failure.ts";
import type { TouchedKey } from "./known.ts";
import type { Ledger } from "./ledger.ts";
import { outcomeUnknown, refusalOf, refused } from "./refusal.ts";
import type { TencentClient } from "./tencent.ts";

/** A native call that is to be passed on. */
interface NativeForward {
  readonly caller: Caller;
  /** `CreateApiKey` */
  readonly action: string;
  readonly effect: NativeEffect;
  /** The id of the key that it is about, as far as the call tells. */
  readonly about: string;
  readonly body: Uint8Array<ArrayBuffer> | undefined;
}

/** What a call that is passed on does to keys, as far as it tells: an inventory counts none of that as done elsewhere. */
export type NativeEffect =
  | { readonly type: "reads" }
  | { readonly type: "makes"; readonly idOf: (reply: unknown) => string | undefined }
  | { readonly type: "changes" | "removes"; readonly id: string | undefined };

/** The provider behind a native surface whose keys a real system keeps. */
export interface Forward {
  readonly provider: string;
  readonly account: AccountId;
  /** The reply as it came. */
  tencent(call: NativeForward, region: string | undefined): Promise<{ readonly text: string }>;
  rest(
    call: NativeForward,
    method: string,
    path: string,
  ): Promise<{ readonly status: number; readonly text: string }>;
}

const timeoutMs = 30_000;

/** What a reply tells; `code` is of a refusal. */
interface Told {
  readonly code: string | null;
  readonly requestId: string | null;
  readonly body: unknown;
}

interface Parts {
  readonly ledger: Ledger;
  readonly reads: ReadRecorder;
  readonly clock: () => Date;
  readonly uuid: () => string;
}

export type ForwardClient =
  | { readonly surface: "tencent"; readonly tencent: TencentClient }
  | { readonly surface: "rest"; readonly rest: BearerClient };

/**
 * Passes native calls on, signed with the provider's own credential, and leaves word of each: a reading in the record of
 * readings before its reply leaves, a change as an intent before it and an outcome after it.
 */
export const openForward = (
  { ledger, reads, clock, uuid }: Parts,
  provider: string,
  account: AccountId,
  client: ForwardClient,
): Forward => {
  const passOn = async <Reply>(
    { caller, action, effect, about }: NativeForward,
    send: (options: CallOptions) => Promise<Reply>,
    toldBy: (reply: Reply) => Told,
  ): Promise<Reply> => {
    const { traceparent } = caller;
    const options = { reads: effect.type === "reads", timeoutMs, traceparent };
    if (effect.type === "reads") {
      const reply = await send(options).catch(refused(provider));
      await reads.record(caller, `${provider}/${about}`, clock().toISOString());
      return reply;
    }
    const intent = await ledger.begin(caller, { operation: action, about });
    try {
      const reply = await send(options);
      const { code, requestId, body } = toldBy(reply);
      const touched = code === null ? touchedBy(effect, body) : undefined;
      const passedOn = (time: string): EventDraft => ({
        id: uuid(),
        type: "call.passed_on",
        time,
        subject: `call/${provider}/${intent.id}`,
        version: Date.parse(time),
        data: { provider, action, effect: effect.type, id: touched?.id ?? null },
      });
      await ledger.end(caller, intent, {
        type: "answered",
        word: { code, requestId },
        touched,
        // A refusal changed nothing.
        events: (time) => (code === null ? [passedOn(time)] : []),
      });
      return reply;
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) throw error;
      const isUnknown = error.kind === "unknown";
      await ledger.end(caller, intent, { type: isUnknown ? "unknown" : "refused", word: error });
      throw isUnknown
        ? outcomeUnknown(provider, error, `The call ${action} was passed on.`)
        : refusalOf(error, provider);
    }
  };

  return {
    provider,
    account,
    tencent: (call, region) => {
      if (client.surface !== "tencent") throw new Error("not a service of API 3.0");
      const { tencent } = client;
      const body = call.body ?? new TextEncoder().encode("{}");
      return passOn(
        call,
        (options) => tencent.forward(call.action, body, region, options),
        ({ response }) => ({
          code: textAt(response.Error, "Code"),
          requestId: textAt(response, "RequestId"),
          body: response,
        }),
      );
    },
    rest: (call, method, path) => {
      if (client.surface !== "rest") throw new Error("not a service with paths of its own");
      const { rest } = client;
      return passOn(
        call,
        (options) => rest.forward(method, path, call.body, options),
        ({ status, text }) => ({
          code: status < 400 ? null : `http_${status}`,
          requestId: null,
          body: jsonOf(text),
        }),
      );
    },
  };
};

const textAt = (value: unknown, name: string): string | null => {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === "string" ? found : null;
};

const touchedBy = (effect: NativeEffect, reply: unknown): TouchedKey | undefined => {
  if (effect.type === "reads") return undefined;
  const id = effect.type === "makes" ? effect.idOf(reply) : effect.id;
  return id === undefined ? undefined : { id, by: effect.type, version: null };
};

/** A reply that is none is the caller's to read. */
const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
