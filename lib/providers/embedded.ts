import type { ReadRecorder } from "../audit/reads.ts";
import type { Material } from "../keys/material.ts";
import type { RandomBytes } from "../keys/random.ts";
import type { Secret } from "../keys/secret.ts";
import type { Key, KeyStatus } from "../schemas/key.ts";
import type { Receipt } from "../schemas/receipt.ts";
import type { Vault } from "../sealing/vault.ts";
import type { KeyPage, KeyQuery } from "../store/port/key-query.ts";
import type { EventDraft, StoredKey } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { Caller } from "./caller.ts";
import type { Documents } from "./documents.ts";
import type { Expected } from "./expected.ts";
import type { KeyDraft, Profile } from "./profile.ts";

export interface EmbeddedParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly reads: ReadRecorder;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
}

/** What the configuration says of one provider. */
export interface EmbeddedSettings {
  readonly name: string;
  /** Where its keys are when a call names no region. */
  readonly region: string;
  readonly keysMax: number;
  /** In the shape of the profile's own settings. */
  readonly own: unknown;
}

/** A pure decision: the key as it shall be. What it is found by stays; the engine adds version and time. */
type Decision = (key: Key) => Key;

export interface RevealedKey {
  readonly key: Key;
  readonly material: Material;
}

/** A key that was ended, and when it was. */
export interface StoppedKey {
  readonly key: Key;
  readonly receipt: Receipt;
}

/** A key with another secret, and when the one before ends. */
export interface RenewedKey extends RevealedKey {
  readonly receipt: Receipt;
}

/** Native calls name a region and see its keys alone; the facade sees all of them. */
export const anyRegion = Symbol("any region");
export type Region = string | typeof anyRegion;

type ListQuery = Pick<KeyQuery, "filters" | "sort" | "page">;

/** Keys that Keyway itself keeps, for one configured provider. Its profile says what its service wants. */
export interface EmbeddedProvider {
  readonly name: string;
  readonly profile: Profile;
  readonly settings: EmbeddedSettings;
  readonly documents: Documents;
  /** `chosen` is a secret that the caller brings along, where the service takes one. */
  create(caller: Caller, region: string, draft: KeyDraft, chosen?: Material): Promise<RevealedKey>;
  /** Without the secret. */
  read(caller: Caller, region: Region, id: string): Promise<Key>;
  /** With the secret as it may be shown, which takes no permission to reveal and leaves no entry. */
  readMasked(
    caller: Caller,
    region: string,
    id: string,
  ): Promise<{ readonly key: Key; readonly masked: Material }>;
  /** Reads with the secret; the entry in the audit trail is written before it returns. */
  reveal(caller: Caller, region: Region, id: string): Promise<RevealedKey>;
  /** As `reveal`, of one generation of the secret; null once that is gone. */
  recall(caller: Caller, id: string, generation: number): Promise<Material | null>;
  /** As `reveal`, found by the secret itself. */
  revealBySecret(caller: Caller, region: string, secret: Secret): Promise<RevealedKey>;
  list(caller: Caller, region: string, query: ListQuery): Promise<KeyPage>;
  /** In which the account has or had keys of this provider. */
  regions(caller: Caller): Promise<readonly string[]>;
  /** As `list`, each key with its secret, and each of them read on the record. */
  listRevealed(
    caller: Caller,
    region: string,
    query: ListQuery,
  ): Promise<{ readonly items: readonly RevealedKey[]; readonly total: number | null }>;
  /** All keys of this provider, of any account, that have this secret or had it: judging them is the caller's part. */
  holders(secret: Secret): Promise<readonly StoredKey[]>;
  /** How a stored key is looked for without the store seeing the secret: a filter's value. */
  digest(secret: Secret): string;
  change(
    caller: Caller,
    region: Region,
    id: string,
    event: EventDraft["type"],
    decide: Decision,
    expected?: Expected,
  ): Promise<Key>;
  setStatus(caller: Caller, region: Region, id: string, status: KeyStatus, expected?: Expected): Promise<Key>;
  disable(caller: Caller, region: Region, id: string, expected?: Expected): Promise<StoppedKey>;
  /**
   * Gives the key another secret. The one before works until `graceUntil`, and with null not any more; one that is
   * still in an earlier grace ends in any case.
   */
  renew(
    caller: Caller,
    region: Region,
    id: string,
    chosen: Material | undefined,
    graceUntil: string | null,
    expected?: Expected,
  ): Promise<RenewedKey>;
  /**
   * Takes all scope from a key, which goes on being there. No caller of the service can ask for that, so its bounds are
   * not looked at; the next change has to say what the key shall be good for.
   */
  withdrawScope(caller: Caller, region: Region, id: string, expected?: Expected): Promise<Key>;
  /** Ends the grace of a replaced secret sooner than it would, and with null at once; the present one stays. */
  endGrace(
    caller: Caller,
    region: Region,
    id: string,
    graceUntil: string | null,
    expected?: Expected,
  ): Promise<Key>;
  remove(caller: Caller, region: Region, id: string, expected?: Expected): Promise<Receipt>;
}
