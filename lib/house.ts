import type { Authenticator } from "./access/authenticate.ts";
import type { CheckpointSigner } from "./audit/checkpoint.ts";
import type { RefusalCounter } from "./audit/refusals.ts";
import type { RandomBytes } from "./keys/random.ts";
import type { RateLimiter } from "./keys/rate.ts";
import type { EmbeddedProvider } from "./providers/embedded.ts";
import type { ServiceName } from "./schemas/key.ts";
import type { Vault } from "./sealing/vault.ts";
import type { Store } from "./store/port.ts";

/** One line of the log. An allow-list: there is no field for a body, a header or a message of a caller. */
export interface LogLine {
  readonly level: "info" | "error";
  readonly message: string;
  readonly requestId?: string;
  readonly action?: string;
  readonly account?: string | undefined;
  readonly principal?: string | undefined;
  readonly outcome?: string;
  readonly ms?: number;
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
  readonly checkpoints: CheckpointSigner;
  readonly limiter: RateLimiter;
  /** The provider behind a service's native surface; undefined for a service that is not configured. */
  native(service: ServiceName): EmbeddedProvider | undefined;
  /** Names of all configured providers. */
  readonly providerNames: readonly string[];
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
  readonly log: (line: LogLine) => void;
  close(): Promise<void>;
}
