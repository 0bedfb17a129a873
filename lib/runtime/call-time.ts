import type { CallOptions } from "../providers/upstream/attempts.ts";
import { UpstreamFailure } from "../providers/upstream/failure.ts";
import { backedBy, type OpenBacking } from "./backing.ts";
import type { OpenClient } from "./clients.ts";

/** How long the call that a function is at may still take. */
export interface CallTime {
  begin(leftMs: number): void;
  leftMs(): number;
}

/** What a call needs after the real system: the outcome in the store, the reply. */
const reservedMs = 4000;

export const openCallTime = (now: () => number): CallTime => {
  let end = Number.POSITIVE_INFINITY;
  return {
    begin: (leftMs) => {
      end = now() + leftMs - reservedMs;
    },
    leftMs: () => end - now(),
  };
};

/** What stands behind the providers of a function. */
export const backedWithin =
  (openClient: OpenClient) =>
  (time: CallTime): OpenBacking =>
    backedBy(withinCall(openClient, time));

/**
 * Real systems as a function calls them. The function would be killed while it waits for one that hangs, and say nothing;
 * so no call outlives it.
 */
export const withinCall =
  (openClient: OpenClient, time: CallTime): OpenClient =>
  (...how) => {
    const client = openClient(...how);
    const within = ({ timeoutMs, ...options }: CallOptions): CallOptions => {
      const leftMs = time.leftMs();
      if (leftMs <= 0)
        throw new UpstreamFailure({ kind: "unsent", code: "timeout", requestId: null, status: 0 });
      return { ...options, timeoutMs: Math.min(timeoutMs, leftMs), isFrozenBetween: true };
    };
    if (client.surface === "rest") {
      const { rest } = client;
      return {
        surface: "rest",
        rest: {
          call: async (call, options) => rest.call(call, within(options)),
          forward: async (method, path, body, options) => rest.forward(method, path, body, within(options)),
        },
      };
    }
    const { tencent } = client;
    return {
      surface: "tencent",
      tencent: {
        call: async (call, options) => tencent.call(call, within(options)),
        forward: async (action, body, region, options) =>
          tencent.forward(action, body, region, within(options)),
      },
    };
  };
