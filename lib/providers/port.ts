import type { Wish } from "../keys/asked.ts";
import type { Material } from "../keys/material.ts";
import type { AccountId, Key, KeyStatus } from "../schemas/key.ts";
import type { Receipt } from "../schemas/receipt.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Caller } from "./caller.ts";
import type { Capabilities } from "./capabilities.ts";
import type { RevealedKey, StoppedKey } from "./embedded.ts";
import type { Expected } from "./expected.ts";
import type { Profile } from "./profile.ts";
import type { Rotation } from "./rotation.ts";

export type Mode = "embedded" | "upstream";

/** What a key is listed by. A key must meet all that is given; times are RFC 3339. */
export interface Criteria {
  readonly status?: KeyStatus | undefined;
  /** A piece of the name or of the id, letter case ignored for ASCII. */
  readonly q?: string | undefined;
  readonly team?: string | undefined;
  readonly createdBefore?: string | undefined;
  /** Inclusive. */
  readonly createdAfter?: string | undefined;
  /** Not used since then, and not made since then either. */
  readonly unusedSince?: string | undefined;
}

export interface Listed {
  readonly key: Key;
  /** Where a page that ends with this key would go on. */
  readonly cursor: string;
}

/** One ordered stream of keys, newest first: an embedded provider has one for each region. */
export interface Source {
  /** Unique among all providers: `tokenhub/ap-guangzhou`. */
  readonly name: string;
  /** Up to `limit` keys after a place; fewer only at the end. */
  page(
    caller: Caller,
    criteria: Criteria,
    after: string | null,
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly Listed[]>;
}

/** A key with another secret. Null where the one before goes on working until its receipt is written. */
export interface RotatedKey extends RevealedKey {
  readonly receipt: Receipt | null;
}

export interface Renewal {
  /** Undefined: what the provider itself does. */
  readonly graceSeconds: number | undefined;
  readonly material: Material | undefined;
  /** Why, in the caller's words: what goes on for a while shows it. */
  readonly reason?: string | undefined;
}

/** Rotations that go on after they were answered. */
export interface Rotations {
  /** Goes on with one that is due, and that this process holds. */
  advance(caller: Caller, held: DocumentRecord): Promise<void>;
  /** Takes the successor away again; refused once the old key is ended. */
  cancel(caller: Caller, rotation: Rotation): Promise<Rotation>;
}

/**
 * What the facade asks of a provider, whoever keeps its keys. `expected` names the versions that the
 * caller would change: if the key has moved on since, nothing happens (`version_mismatch`).
 */
export interface Provider {
  readonly name: string;
  readonly service: string;
  readonly mode: Mode;
  readonly native: boolean;
  /** Whose keys these are; null where each account has its own. To all others the provider is not there. */
  readonly account: AccountId | null;
  /** Where its keys are made; empty for a service without regions. */
  readonly region: string;
  readonly capabilities: Capabilities;
  /** Of its service: whose rotation has to bring the next secret along. */
  readonly isChosen?: NonNullable<Profile["isChosen"]>;
  health(): Health;
  sources(caller: Caller): Promise<readonly Source[]>;
  /** What `native` does not say is filled in from the canonical fields. */
  create(caller: Caller, wish: Wish, material: Material | undefined): Promise<RevealedKey>;
  read(caller: Caller, id: string): Promise<Key>;
  change(caller: Caller, id: string, wish: Wish, expected: Expected): Promise<Key>;
  setStatus(caller: Caller, id: string, status: KeyStatus, expected: Expected): Promise<Key>;
  /** As `setStatus`, with the receipt, which is recorded either way. */
  disable(caller: Caller, id: string, expected: Expected): Promise<StoppedKey>;
  rotate(caller: Caller, id: string, renewal: Renewal, expected: Expected): Promise<RotatedKey>;
  /** Reads all keys of the real system and tells what changed there since the last time. */
  sync(caller: Caller): Promise<Inventory>;
  reveal(caller: Caller, id: string): Promise<Material>;
  /** The secret of one generation, or null once it is gone: for the replay of a reply. */
  recall(caller: Caller, id: string, generation: number): Promise<Material | null>;
  remove(caller: Caller, id: string, expected: Expected): Promise<Receipt>;
  /** Of a real system whose keys cannot have two secrets at a time. */
  readonly rotations?: Rotations;
}

/** Ids of keys, and how many there are where those are too many to list. */
export interface Changes {
  readonly count: number;
  readonly ids: readonly string[];
}

export interface Inventory {
  /** Keys that the real system has now. */
  readonly total: number;
  /** Not made, changed or deleted by Keyway. */
  readonly appeared: Changes;
  readonly changed: Changes;
  readonly vanished: Changes;
  /** Changes that Keyway asked for and never learned the outcome of. */
  readonly unresolved: readonly {
    readonly operation: string;
    readonly about: string;
    readonly requestId: string;
    readonly startedAt: string;
  }[];
  /** It went on where an earlier inventory had stopped. */
  readonly resumed: boolean;
}

export interface Health {
  readonly status: "ok" | "failing" | "unknown";
  /** When it was last heard of, and why it fails; null where nothing was asked yet. */
  readonly checkedAt: string | null;
  readonly reason: string | null;
}
