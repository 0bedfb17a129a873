import type { EventType } from "../../events/types.ts";
import type { KeyRecord } from "../../keys/record.ts";
import type { AccountId, ServiceName } from "../../schemas/key.ts";

/** What a store keeps. */

export interface AccountRecord {
  /** The main account's Uin, decimal text: `100000000001`. */
  readonly id: AccountId;
  readonly appId: string;
  /** A UUID, the tenant's id on services that know organisations. */
  readonly organisation: string;
  readonly name: string;
  readonly createdAt: string;
}

export interface CredentialRecord {
  readonly id: string;
  readonly account: AccountId;
  readonly subUin: string;
  readonly name: string;
  readonly role: string;
  /** Names of providers, or everything. */
  readonly providers: "all" | readonly string[];
  readonly secretId: string;
  /** The SecretKey, sealed. */
  readonly sealed: string;
  readonly tokenDigest: string;
  readonly createdAt: string;
}

export interface SealedSecret {
  readonly generation: number;
  readonly sealed: string;
  /** Keyed digest of what a caller presents; null where nobody presents anything. Not unique, not even in an account. */
  readonly digest: string | null;
  /** When a replaced secret ends; null for the current one. Whoever checks a secret compares: no timer removes it. */
  readonly until: string | null;
}

export interface StoredKey {
  readonly record: KeyRecord;
  /** The secret of the record's current generation; of a key found by a digest, the secret that has it. */
  readonly secret: SealedSecret;
}

/** What a service keeps besides keys: usage plans, machines in a sandbox. */
export interface DocumentRecord {
  readonly account: AccountId;
  readonly provider: string;
  readonly kind: string;
  /** Unique among the account's documents of this provider and kind, over all regions. */
  readonly id: string;
  readonly region: string;
  readonly version: number;
  /** Plain JSON, its shape known to the service that wrote it. */
  readonly body: unknown;
  /** When it may be forgotten; absent for what stays. Whoever reads it compares. */
  readonly until?: string;
  /** When a job shall look at it; absent for what no job is about. */
  readonly due?: string;
}

/** An outgoing event, written with the change that it tells of. */
export interface EventDraft {
  readonly id: string;
  readonly type: EventType;
  readonly time: string;
  /** `tokenhub/ak-20260701-…` */
  readonly subject: string;
  readonly version: number;
  readonly data: unknown;
}

/** As the account's log has it: later ones have greater numbers, which leave gaps. */
export interface StoredEvent extends Omit<EventDraft, "type"> {
  readonly seq: number;
  /** Of any version, later ones among them. */
  readonly type: string;
}

/** So long the log keeps an event, at least. */
export const eventsKeptMs = 30 * 86_400_000;

/** The last time that a secret of a key was presented and accepted. */
export interface LastUse {
  readonly account: AccountId;
  readonly service: ServiceName;
  readonly id: string;
  readonly generation: number;
  readonly at: string;
  readonly ip: string;
}

/** A key of ours, wrapped by a master key. `account` is empty for keys that serve the whole store. */
export interface WrappedKey {
  readonly id: string;
  readonly purpose: "data" | "digest" | "checkpoint";
  readonly account: string;
  readonly masterId: string;
  readonly wrapped: string;
  readonly createdAt: string;
}
