import type { Authenticator } from "./access/authenticate.ts";
import type { CheckpointSigner } from "./audit/checkpoint.ts";
import type { RefusalCounter } from "./audit/refusals.ts";
import type { Webhooks } from "./events/open.ts";
import type { JobHealth } from "./jobs/health.ts";
import type { RandomBytes } from "./keys/random.ts";
import type { RateLimiter } from "./keys/rate.ts";
import type { Leaks } from "./leaks/open.ts";
import type { EmbeddedProvider } from "./providers/embedded.ts";
import type { Provider } from "./providers/port.ts";
import type { DataPlane } from "./providers/upstream/data-plane.ts";
import type { Forward } from "./providers/upstream/forward.ts";
import type { ServiceName } from "./schemas/key.ts";
import type { Vault } from "./sealing/vault.ts";
import type { Store } from "./store/port/store.ts";
import type { UsageReads } from "./usage/reads.ts";
import type { Verification } from "./verification/open.ts";

/** One line of the log. An allow-list: there is no field for a body, a header or a message of a caller. */
export interface LogLine {
  readonly level: "info" | "warning" | "error";
  readonly message: string;
  readonly requestId?: string;
  readonly traceId?: string | undefined;
  readonly action?: string;
  readonly account?: string | undefined;
  readonly principal?: string | undefined;
  readonly outcome?: string;
  readonly ms?: number;
  /** What is wrong with a proxy's own configuration, in our words: it names parameters of its query, and no values. */
  readonly fault?: string | undefined;
  /** Of an internal error, already scrubbed. */
  readonly error?: string;
  readonly checkpoint?: unknown;
}

/** Everything that has an effect, composed once and passed down. */
export interface House {
  readonly store: Store;
  readonly vault: Vault;
  readonly authenticator: Authenticator;
  readonly refusals: RefusalCounter;
  checkpoints(): Promise<CheckpointSigner>;
  /** Of the Tencent surfaces, by account and action. */
  readonly limiter: RateLimiter;
  /** Of the facade, by credential. */
  readonly facadeLimiter: RateLimiter;
  /** Origins whose pages may call the facade. */
  readonly corsOrigins: readonly string[];
  /** The provider behind a service's native surface; undefined for a service that is not configured. */
  native(service: ServiceName): EmbeddedProvider | undefined;
  /** The same where a real system keeps the keys. */
  forward(service: ServiceName): Forward | undefined;
  /** All that the facade serves, in the order of the configuration. */
  readonly providers: readonly Provider[];
  /** Of real systems, by the names of their providers: where a key that was ended can be tried. */
  readonly dataPlanes: ReadonlyMap<string, DataPlane>;
  /** Of keys that are presented; where the facade is served. */
  readonly verification: Verification | undefined;
  /** Of reports that a secret leaked; where the facade is served. */
  readonly leaks: Leaks | undefined;
  /** What was counted of all keys that are verified here, in this process and in others. */
  readonly usage: UsageReads;
  /** Names of all configured providers. */
  readonly providerNames: readonly string[];
  /** Calls with an `Idempotency-Key` that this process has not answered yet. */
  readonly underWay: Set<string>;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
  readonly log: (line: LogLine) => void;
  readonly jobHealth: JobHealth;
  /** Calls back after each commit with events; there is one who listens. */
  onEvents(told: () => void): void;
  /** Of outgoing events; where the facade is served, and where they are delivered. */
  readonly webhooks: Webhooks | undefined;
  close(): Promise<void>;
}

export const webhooksOf = ({ webhooks }: House): Webhooks => {
  if (webhooks === undefined) throw new Error("this process sends no events");
  return webhooks;
};
