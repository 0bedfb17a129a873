import type { ChainName } from "../audit/chain-name.ts";
import type { AuditDraft, ChainedEntry, ChainHead, RefusalCount } from "../audit/entry.ts";
import type { EventType } from "../events/types.ts";
import type { KeyRecord } from "../keys/record.ts";
import type { AccountId, Key, ServiceName } from "../schemas/key.ts";

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

/** Documents that one `progress` writes at most: with when they are due, before and after, a hundred rows of a table. */
export const progressMax = 30;

export type DocumentWrite =
  | { readonly type: "insertDocument"; readonly record: DocumentRecord }
  | { readonly type: "replaceDocument"; readonly record: DocumentRecord; readonly expectedVersion: number }
  | { readonly type: "deleteDocument"; readonly record: DocumentRecord; readonly expectedVersion: number };

export type Write =
  | { readonly type: "insertKey"; readonly record: KeyRecord; readonly secret: SealedSecret }
  | {
      readonly type: "replaceKey";
      readonly record: KeyRecord;
      readonly expectedVersion: number;
      /** All secrets that the key has from now on, the current one among them; without them, the ones it has stay. */
      readonly secrets?: readonly SealedSecret[];
    }
  | {
      readonly type: "deleteKey";
      readonly account: AccountId;
      readonly service: ServiceName;
      readonly id: string;
      readonly expectedVersion: number;
    }
  | {
      readonly type: "insertAlias";
      readonly account: AccountId;
      readonly service: ServiceName;
      readonly alias: string;
      readonly id: string;
    }
  /** Moves a named counter of an account and refuses to leave its bounds: the count limit, the last admin. */
  | {
      readonly type: "count";
      readonly account: AccountId;
      readonly counter: string;
      readonly by: number;
      readonly min?: number;
      readonly max?: number;
    }
  | DocumentWrite
  | { readonly type: "insertAccount"; readonly record: AccountRecord }
  | { readonly type: "insertCredential"; readonly record: CredentialRecord }
  /** Exchanges secrets of a stored credential (same account and id); the old ones fail from this commit on. */
  | { readonly type: "replaceCredential"; readonly record: CredentialRecord }
  | { readonly type: "deleteCredential"; readonly account: AccountId; readonly id: string };

/** What is written together or not at all. The audit entry joins the chain of `account`. */
export interface Unit {
  readonly account: AccountId;
  readonly writes: readonly Write[];
  readonly audit: AuditDraft;
  readonly events: readonly EventDraft[];
}

/**
 * Why nothing was written. `conflict`: the expected version is gone, or the row (read again, decide again);
 * `exists`: the id is taken; `missing`: what should be changed is not there; `limit`: a counter would leave its bounds.
 */
export type RefusalReason = "conflict" | "exists" | "missing" | "limit";

export class StoreRefusal extends Error {
  readonly reason: RefusalReason;
  readonly write: Write["type"];

  constructor(reason: RefusalReason, write: Write["type"]) {
    super(`${write}: ${reason}`);
    this.name = "StoreRefusal";
    this.reason = reason;
    this.write = write;
  }
}

/** A cursor that this list did not give out, or whose place is gone. */
export class ForeignCursor extends RangeError {
  constructor() {
    super("cursor");
  }
}

/**
 * Values of one filter are alternatives: `equals` and `contains` with an empty list match nothing, `not` and `lacks`
 * match all.
 */
export type KeyFilter =
  | {
      readonly field: "id" | "name" | "status" | "variant";
      /** `contains` and `lacks` take a literal piece of text, letter case ignored for ASCII. */
      readonly op: "equals" | "contains" | "not" | "lacks";
      readonly values: readonly string[];
    }
  /** By the digest of the current secret, or by the owning team. */
  | { readonly field: "digest" | "team"; readonly op: "equals"; readonly values: readonly string[] }
  /** A piece of either. */
  | { readonly field: "nameOrId"; readonly op: "contains"; readonly values: readonly string[] }
  /** Times as the key itself has them. `activeAt` is its last use, or its creation where it was never used. */
  | {
      readonly field: "createdAt" | "activeAt";
      readonly op: "before" | "from";
      readonly values: readonly [time: string];
    };

export interface KeyQuery {
  readonly account: AccountId;
  readonly provider: string;
  readonly region: string;
  readonly filters: readonly KeyFilter[];
  /** Ties are broken by the order of creation, in the same direction. */
  readonly sort: { readonly by: "createdAt" | "name"; readonly order: "asc" | "desc" };
  readonly page:
    | { readonly type: "offset"; readonly offset: number; readonly limit: number }
    | { readonly type: "cursor"; readonly after: string | null; readonly limit: number };
}

/** Keys of all accounts that are kept for one provider, over all regions. */
export interface KeyCount {
  readonly provider: string;
  readonly keys: number;
}

export interface KeyPage {
  readonly items: readonly KeyRecord[];
  /** All matches, not the page; null on a cursor page, which does not count. */
  readonly total: number | null;
  /** Where the next cursor page begins; null on the last page and on offset pages. Others are a `ForeignCursor`. */
  readonly next: string | null;
  /** Of a cursor page: where a page that ended with each item would go on. Empty on offset pages. */
  readonly cursors: readonly string[];
}

/** Of a key what no verdict is about: it may change without a word to those who verify. */
export const untoldFields = [
  "description",
  "native",
  "preview",
  "tags",
  "updatedAt",
  "version",
  "lastUsedAt",
  "graceLastUse",
  "rotatedAt",
] as const satisfies readonly (keyof Key)[];

export interface PresentedRecord extends Omit<KeyRecord, "key"> {
  readonly key: Omit<Key, (typeof untoldFields)[number]>;
}

/** What a verdict on a presented secret is made of, read at one moment. */
export interface PresentedKey {
  readonly record: PresentedRecord;
  /** Which of the key's secrets was presented, and when it ends. */
  readonly secret: Pick<SealedSecret, "generation" | "until">;
  /** The body of the account's own rules document; undefined where it has none. */
  readonly accountRules: unknown;
}

/** One budget of a key in one window: of requests in this minute, of tokens this month. */
export interface Take {
  /** `aione/2f1c…/requests` */
  readonly counter: string;
  readonly window: string;
  /** When the window is over; null for one that never ends. */
  readonly until: string | null;
  readonly max: number;
  /** What is wanted of it; where so much is not left, down to `least`. */
  readonly by: number;
  readonly least: number;
}

export interface Taken {
  /** The place of the first that had too little left; then nothing was taken of any. Null when all gave. */
  readonly refused: number | null;
  readonly granted: readonly number[];
  /** Spent in each window, this take included. */
  readonly used: readonly number[];
}

/** A correction of what was taken: up for what was used beyond it, down for what is given back. */
export interface Move {
  readonly counter: string;
  readonly window: string;
  readonly until: string | null;
  readonly by: number;
}

/** What usage is counted apart by, besides time and outcome; an empty name where there is none. */
export const usageNames = ["provider", "key", "team", "model", "endpoint"] as const;
export type UsageName = (typeof usageNames)[number];

/** Callers name models and endpoints: what is beyond the names that are told apart is counted under this one. */
export const otherName = "[other]";

/** Pairs of a model and an endpoint that one key has in a day, before new ones are counted together. */
export const namesOfKeyMax = 1000;

/** How one key was used in one minute, with one model and one outcome. */
export interface UsageRow extends Readonly<Record<UsageName, string>> {
  readonly account: AccountId;
  /** Start of the minute, the hour or the day, in milliseconds. */
  readonly time: number;
  /** The code of the verdict: `VALID`. */
  readonly outcome: string;
  readonly counts: UsageCounts;
  /** Of calls that were settled with one: how many were in which class of `lib/usage/latency.ts`. */
  readonly latencies: readonly LatencyCount[];
}

/** `[75, 12]`: of class 75, twelve calls. */
export type LatencyCount = readonly [kind: number, calls: number];

export interface UsageCounts {
  readonly requests: number;
  /** Tokens that were reserved for calls that were let in. */
  readonly reservedTokens: number;
  /** What these came to: a reservation counts until it is settled, which adds the difference, up or down. */
  readonly spentTokens: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheTokens: number;
  /** Calls that were settled with a latency, and the sum of these. */
  readonly timed: number;
  readonly latencyMs: number;
  /** Calls that their callers settled as failed. */
  readonly failed: number;
}

export const usageCountNames = [
  "requests",
  "reservedTokens",
  "spentTokens",
  "inputTokens",
  "outputTokens",
  "cacheTokens",
  "timed",
  "latencyMs",
  "failed",
] as const satisfies readonly (keyof UsageCounts)[];

/** The last time that a secret of a key was presented and accepted. */
export interface LastUse {
  readonly account: AccountId;
  readonly service: ServiceName;
  readonly id: string;
  readonly generation: number;
  readonly at: string;
  readonly ip: string;
}

export const usageSteps = ["minute", "hour", "day"] as const;
export type UsageStep = (typeof usageSteps)[number];

const minuteMs = 60_000;
const dayMs = 86_400_000;
export const stepMs: Readonly<Record<UsageStep, number>> = {
  minute: minuteMs,
  hour: 60 * minuteMs,
  day: dayMs,
};
/** How long each step is kept, at least; every call is counted in all three, so that what ends here ends nowhere else. */
export const keptMs: Readonly<Record<UsageStep, number>> = {
  minute: 8 * dayMs,
  hour: 100 * dayMs,
  day: 800 * dayMs,
};

export interface UsageQuery {
  readonly account: AccountId;
  readonly step: UsageStep;
  /** Starts of steps, in milliseconds; from the first, before the second. */
  readonly from: number;
  readonly to: number;
  /** Told apart by these names; over all others the rows are added up, and those names are empty. */
  readonly by: readonly UsageName[];
  /** Only rows that have one of these. */
  readonly where: Readonly<Partial<Record<UsageName, readonly string[] | undefined>>>;
}

/** So many rows, and no more, are in the answer to one question. */
export const usageRowsMax = 200_000;
/** So many groups are told apart in one question. */
export const usageGroupsMax = 20_000;

/** A question whose answer would be more than `usageRowsMax` rows. */
export class TooMuchUsage extends RangeError {
  constructor() {
    super("too much usage");
  }
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

export interface Store {
  /** Rejects with `StoreRefusal`, having written nothing. */
  commit(unit: Unit): Promise<ChainHead>;
  /** Joins the account's chain of readings, which moves beside that of its changes. */
  recordReading(account: AccountId, audit: AuditDraft): Promise<ChainHead>;

  /** Finds by id or by alias. */
  readKey(account: AccountId, service: ServiceName, id: string): Promise<StoredKey | undefined>;
  /** The secret of one generation, current or in its grace. */
  readSecret(
    account: AccountId,
    service: ServiceName,
    id: string,
    generation: number,
  ): Promise<SealedSecret | undefined>;
  findKeysByDigest(digest: string): Promise<readonly StoredKey[]>;
  /** The account's keys that have this secret: what a verification reads. */
  findPresented(account: AccountId, digest: string): Promise<readonly PresentedKey[]>;
  /** When and from where each of a key's secrets was last accepted, the newest generation first. */
  readLastUses(account: AccountId, service: ServiceName, id: string): Promise<readonly LastUse[]>;
  listKeys(query: KeyQuery): Promise<KeyPage>;
  /** In which the provider has or had keys of the account. */
  listRegions(account: AccountId, provider: string): Promise<readonly string[]>;
  /** Of every provider that has keys, whether it is configured now or was once; in the order of their names. */
  countKeys(): Promise<readonly KeyCount[]>;
  readCounter(account: AccountId, counter: string): Promise<number>;

  /**
   * Takes of all the budgets, or of none. `durable` ones outlive a loss of power, others only a crash of the process:
   * the budget of a minute is over before a machine is up again.
   */
  take(account: AccountId, takes: readonly Take[], durable: boolean): Promise<Taken>;
  /** Corrects what was taken, once for each id until `until`; false for an id that was settled before. */
  settle(account: AccountId, id: string, until: string, moves: readonly Move[]): Promise<boolean>;
  /** Spent in each of these windows. */
  readSpent(
    account: AccountId,
    windows: readonly Pick<Take, "counter" | "window">[],
  ): Promise<readonly number[]>;

  /**
   * Takes down counts of minutes, which are read before this returns its promise. A crash of the machine may lose them.
   */
  addUsage(rows: readonly UsageRow[], uses: readonly LastUse[]): Promise<void>;
  /** Adds what was taken down to minutes, hours and days, and to the last uses of keys. */
  sumUpUsage(): Promise<void>;
  /** In the order of time, of all that was taken down. Rejects with `TooMuchUsage` rather than fill the memory. */
  readUsage(query: UsageQuery): Promise<readonly UsageRow[]>;
  /**
   * The same without times, for what is to be ranked: each group's sums over the whole range, without latencies.
   * Beyond `usageGroupsMax` names all others are the group `otherName`.
   */
  readUsageGroups(query: UsageQuery): Promise<readonly UsageRow[]>;
  /** Whether the uses of some keys are found without reading those of all others of the account. */
  findsUsageByKey(): boolean;
  /** Names of keys by their ids: of deleted ones, too, as long as usage of theirs may be read. */
  readKeyNames(
    account: AccountId,
    service: ServiceName,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, string>>;

  readDocument(
    account: AccountId,
    provider: string,
    kind: string,
    id: string,
  ): Promise<DocumentRecord | undefined>;
  /** All of a kind in a region, newest first: for kinds of which an account has few. */
  listDocuments(
    account: AccountId,
    provider: string,
    kind: string,
    region: string,
  ): Promise<readonly DocumentRecord[]>;

  /** Those of a kind whose body does not say this, in the order of their ids, over all regions. */
  listDocumentsUnlike(
    account: AccountId,
    provider: string,
    kind: string,
    unlike: { readonly name: string; readonly value: string },
    page: { readonly afterId: string; readonly limit: number },
  ): Promise<readonly DocumentRecord[]>;
  /** Of a kind, those whose ids come before `before` (null: from the last), the last first, over all regions. */
  listDocumentsBackwards(
    account: AccountId,
    provider: string,
    kind: string,
    page: { readonly before: string | null; readonly limit: number },
  ): Promise<readonly DocumentRecord[]>;
  /** Of a kind, those of all accounts that are due, the longest due first. */
  listDue(kind: string, now: string, limit: number): Promise<readonly DocumentRecord[]>;
  /**
   * Writes up to `progressMax` documents together or not at all, without an entry in a chain: how far a job has come, never what somebody
   * changed. Rejects with `StoreRefusal`. A crash of the machine may lose it: the job does that step again.
   */
  progress(writes: readonly DocumentWrite[]): Promise<void>;

  /** The account's events after `seq`, oldest first. */
  readEvents(account: AccountId, afterSeq: number, limit: number): Promise<readonly StoredEvent[]>;
  /** The place of the newest event, 0 where there is none. */
  lastEventSeq(account: AccountId): Promise<number>;
  /** The place after which the events from `time` on begin. */
  eventSeqBefore(account: AccountId, time: string): Promise<number>;

  /**
   * Forgets what was over before `now`: documents, budgets, settlements, and usage and events that are older than they
   * are kept.
   */
  pruneEnded(now: string): Promise<void>;

  readAccount(id: AccountId): Promise<AccountRecord | undefined>;
  /** In the order of their ids; `after` is the id that the page before ended with. */
  listAccounts(after: string | null, limit: number): Promise<readonly AccountRecord[]>;
  readCredential(account: AccountId, id: string): Promise<CredentialRecord | undefined>;
  findCredentialBySecretId(secretId: string): Promise<CredentialRecord | undefined>;
  findCredentialByToken(tokenDigest: string): Promise<CredentialRecord | undefined>;
  /** In the order of creation; `after` is the id that the page before ended with, a `ForeignCursor` if it is gone. */
  listCredentials(
    account: AccountId,
    after: string | null,
    limit: number,
  ): Promise<readonly CredentialRecord[]>;

  /** Entries after `seq`, oldest first. */
  readAudit(chain: ChainName, afterSeq: number, limit: number): Promise<readonly ChainedEntry[]>;
  /** Entries before `seq` (null: from the newest), newest first. */
  readAuditBackwards(
    chain: ChainName,
    beforeSeq: number | null,
    limit: number,
  ): Promise<readonly ChainedEntry[]>;
  readAuditHead(chain: ChainName): Promise<ChainHead>;
  /** Of every chain that an account has; the genesis where its head is gone, or its whole chain. */
  listAuditHeads(): Promise<readonly (ChainHead & { readonly chain: ChainName })[]>;
  /** Adds counts to the rows that are there. */
  addRefusals(counts: readonly RefusalCount[]): Promise<void>;
  /** Newest first; `after` is the cursor of the page before. */
  listRefusals(
    account: AccountId,
    after: string | null,
    limit: number,
  ): Promise<{ readonly items: readonly RefusalCount[]; readonly next: string | null }>;

  listWrappedKeys(purpose: WrappedKey["purpose"], account: string): Promise<readonly WrappedKey[]>;
  /**
   * Keeps a new wrapped key, unless there is one for its purpose and account (first one wins, the answer is the one
   * that stands), or the store has moved to another master key (`undefined`: wrap it again).
   */
  keepWrappedKey(row: WrappedKey): Promise<WrappedKey | undefined>;
  /** The master key that new keys must be wrapped by; undefined in an empty store. Refuses one of a newer format. */
  readMasterId(): Promise<string | undefined>;
  setMasterId(id: string): Promise<void>;
  /** Up to `limit` keys that are still wrapped by another master key than this one. */
  listWrappedByOthers(masterId: string, limit: number): Promise<readonly WrappedKey[]>;
  /** Exchanges the wrapping of each key whose stored wrapping is still by `from`. */
  rewrap(rows: readonly { readonly row: WrappedKey; readonly from: string }[]): Promise<void>;

  /** Whether it can be written to. One whose writer is gone never can be again: only a new start helps. */
  isOpen(): boolean;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}
