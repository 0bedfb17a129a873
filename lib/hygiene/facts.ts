import type { Capabilities } from "../providers/capabilities.ts";
import type { Mode } from "../providers/port.ts";
import type { Key } from "../schemas/key.ts";
import type { WholePolicy } from "../schemas/policy.ts";

/** How often a key was used with one name, an endpoint or a model, in the days that are looked at. */
export interface NamedUse {
  readonly name: string;
  readonly requests: number;
}

/** Calls that were let in; the most frequent name first. */
export interface KeyUse {
  readonly models: readonly NamedUse[];
  readonly endpoints: readonly NamedUse[];
}

/** All that rules judge a key by. */
export interface KeyFacts {
  readonly key: Key;
  readonly mode: Mode;
  readonly capabilities: Capabilities;
  readonly policy: WholePolicy;
  /** Since when it is there, since when it has its secret, and whether its uses are told, as the clock's policies see it. */
  readonly bornAt: number;
  readonly secretSince: number;
  readonly tellsUse: boolean;
  /** Whether its next secret has to be brought along. */
  readonly isChosen: boolean;
  readonly use: KeyUse;
  /** Whether the account's own list of addresses stands over the key. */
  readonly isUnderAllowlist: boolean;
  /** Whether the credential that made it is gone. */
  readonly isCreatorGone: boolean;
  readonly now: Date;
}
