import { Refusal } from "../../errors.ts";
import { rateLimiter } from "../../keys/rate.ts";
import type { Caller } from "../caller.ts";
import type { Dialect, NativeCall } from "../dialect.ts";
import type { WireKey, WirePlace } from "../from-wire.ts";
import type { Health } from "../port.ts";
import type { UpstreamClient } from "./attempts.ts";
import { UpstreamFailure } from "./failure.ts";
import { withContentVersion } from "./known.ts";
import { reached } from "./points.ts";

/** A key as the real system tells of it, its content numbered. */
export type SeenKey = WireKey & { readonly numbered: true };

export interface System {
  /** Sends one call and reads its answer; a reply that cannot be read is a failure like any other. */
  ask<T>(caller: Caller, call: NativeCall, reads: boolean, parse: (reply: unknown) => T): Promise<T>;
  read(caller: Caller, id: string): Promise<SeenKey>;
  /** All keys, page by page, each once: the pages of a list that moves may show one twice. */
  pages(caller: Caller, from?: number): AsyncGenerator<Page>;
  place(caller: Caller): WirePlace;
  /** The key with the number of its content for a version. */
  numbered(seen: WireKey): SeenKey;
  health(): Health;
}

export interface Page {
  /** Not numbered: of a long list most are never looked at. */
  readonly keys: readonly WireKey[];
  /** Where the next page begins. */
  readonly next: number;
}

const timeoutMs = { read: 10_000, write: 30_000 } as const;

/** More keys than this are no longer one list: a real system that says it has them is broken, or not one of these. */
export const keysMax = 100_000;

/** The real system behind a provider, in words of keys; health is what its last call told. */
export const openSystem = (
  provider: string,
  dialect: Dialect,
  client: UpstreamClient,
  { clock, sleep }: { readonly clock: () => Date; readonly sleep: (ms: number) => Promise<void> },
): System => {
  const pace = pacer(clock, sleep);
  let health: Health = { status: "unknown", checkedAt: null, reason: null };

  const send = async (caller: Caller, call: NativeCall, reads: boolean): Promise<unknown> => {
    const { traceparent } = caller;
    if (call.surface === "tencent") await pace(call.action);
    const name = call.surface === "tencent" ? call.action : `${call.method} ${call.path}`;
    try {
      reached(`before ${name}`);
      const reply = await client.call(call, {
        reads,
        timeoutMs: reads ? timeoutMs.read : timeoutMs.write,
        traceparent,
        refusals: dialect.refusals,
      });
      reached(`after ${name}`);
      health = { status: "ok", checkedAt: clock().toISOString(), reason: null };
      return reply;
    } catch (error) {
      if (error instanceof UpstreamFailure && isIll(error)) {
        health = { status: "failing", checkedAt: clock().toISOString(), reason: error.code };
      }
      throw error;
    }
  };

  const ask: System["ask"] = async (caller, call, reads, parse) => {
    const reply = await send(caller, call, reads);
    try {
      return parse(reply);
    } catch (error) {
      if (error instanceof UpstreamFailure) throw error;
      // Without the cause: its text may quote the reply.
      throw new UpstreamFailure({ kind: "unknown", code: "reply_unreadable", requestId: null, status: 200 });
    }
  };

  const place = (caller: Caller): WirePlace => ({ provider, account: caller.account.id });
  const numbered = (seen: WireKey): SeenKey => ({
    ...seen,
    key: withContentVersion(seen.key),
    numbered: true,
  });

  return {
    ask,
    place,
    numbered,
    health: () => health,
    read: async (caller, id) =>
      numbered(await ask(caller, dialect.read(id), true, (reply) => dialect.key(reply, place(caller)))),
    pages: async function* (caller, from = 0) {
      const shown = new Set<string>();
      const isNew = ({ key: { id } }: WireKey): boolean => !shown.has(id) && shown.add(id).has(id);
      for (let next = from; ; ) {
        const { keys, total } = await ask(caller, dialect.list(next), true, (reply) =>
          dialect.listed(reply, place(caller)),
        );
        next += keys.length;
        if (Math.max(next, total) > keysMax) throw tooMany(provider);
        yield { keys: keys.filter(isNew), next };
        // Totals move while pages are read, and some systems answer short pages: an empty page is the end for sure.
        if (keys.length === 0 || next >= total) return;
      }
    },
  };
};

const tooMany = (provider: string): Refusal =>
  new Refusal("upstream_failed", `The provider \`${provider}\` says it has more than ${keysMax} keys.`);

/** A refusal of one call says nothing of the system; that it cannot be reached, or refuses who asks, does. */
const isIll = ({ kind, code, status }: UpstreamFailure): boolean =>
  kind !== "answered" || code.startsWith("AuthFailure") || status === 401 || status === 403;

/** Documented for every action of the Tencent services. */
const callsPerSecond = 20;
const lookMs = 20;
/** A caller that waited this long is sent on: being refused by the real system tells it more than silence. */
const waitMaxMs = 5000;

/** Keeps calls of one action within the real system's limit, so that a long reading is not refused half way. */
export const pacer = (clock: () => Date, sleep: (ms: number) => Promise<void>) => {
  const limiter = rateLimiter(callsPerSecond);
  return async (action: string): Promise<void> => {
    const began = clock().getTime();
    for (let now = began; limiter.exceeded(action, now) !== undefined; now = clock().getTime()) {
      if (now - began > waitMaxMs) return;
      await sleep(lookMs);
    }
  };
};
