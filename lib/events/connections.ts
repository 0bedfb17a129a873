import { Agent as PlainAgent } from "node:http";
import type { Agent as TlsAgent } from "node:https";
import { https } from "../https.ts";

/** Between the events of one burst; whoever sends nothing keeps none. */
const idleMs = 4_000;
const idleSocketsMax = 32;

const kept = {
  keepAlive: true,
  timeout: idleMs,
  maxFreeSockets: idleSocketsMax,
  // Of several addresses the next is tried after so long; the default of a quarter of a second drops far ones.
  autoSelectFamilyAttemptTimeout: 2_500,
};

interface Agents {
  readonly plain: PlainAgent;
  tls?: TlsAgent;
  readonly since: number;
}

/** Connections that several messages go over, one after the other. */
export interface Connections {
  agentFor(target: { readonly secure: boolean }): PlainAgent | TlsAgent;
  close(): void;
}

/**
 * An address is judged when it is connected to. A name that has moved since must not keep its old one for as long as
 * there is something to send: what was made in one stretch of `keptMs` takes no message after it, and is idle then.
 */
export const openConnections = (keptMs: number): Connections => {
  const open = (): Agents => ({
    plain: new PlainAgent(kept),
    since: performance.now(),
  });
  let current = open();
  /** What is under way there ends by its own time, and is cut off where everything is. */
  let before: Agents | undefined;

  return {
    agentFor: ({ secure }) => {
      if (performance.now() - current.since >= keptMs) {
        before = current;
        current = open();
      }
      if (!secure) return current.plain;
      current.tls ??= new (https().Agent)(kept);
      return current.tls;
    },
    close: () => {
      for (const agents of [before, current]) {
        agents?.plain.destroy();
        agents?.tls?.destroy();
      }
    },
  };
};
