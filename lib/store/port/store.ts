import type { ChainName } from "../../audit/chain-name.ts";
import type { AuditDraft, ChainedEntry, ChainHead, RefusalCount } from "../../audit/entry.ts";
import type { AccountId, ServiceName } from "../../schemas/key.ts";
import type { Move, Take, Taken } from "./budgets.ts";
import type { KeyCount, KeyPage, KeyQuery } from "./key-query.ts";
import type { PresentedKey } from "./presented.ts";
import type {
  AccountRecord,
  CredentialRecord,
  DocumentRecord,
  LastUse,
  SealedSecret,
  StoredEvent,
  StoredKey,
  WrappedKey,
} from "./records.ts";
import type { DocumentWrite, Unit } from "./unit.ts";
import type { UsageQuery, UsageRow } from "./usage.ts";

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
  /**
   * What `findPresented` would find, where that is known to be true still: for who has something else to look at before a
   * row is read.
   */
  presentedAtHand(account: AccountId, digest: string): readonly PresentedKey[] | undefined;
  /** The account's keys that have this secret: what a verification reads. Not a promise where nothing has to be waited for. */
  findPresented(
    account: AccountId,
    digest: string,
  ): readonly PresentedKey[] | Promise<readonly PresentedKey[]>;
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
