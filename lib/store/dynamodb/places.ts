import type { ChainName } from "../../audit/chain-name.ts";
import { crc32 } from "../../keys/crc32.ts";
import type { AccountId, ServiceName } from "../../schemas/key.ts";
import type { DocumentRecord } from "../port/records.ts";
import type { UsageStep } from "../port/usage.ts";
import { ordered, type Place } from "./row.ts";

/**
 * Every path to a row: its partition, and its place in there. Parts are told apart by `#`, which no part has as it is. The
 * table with what each costs is in docs/decisions/0008-dynamodb.md.
 */
const part = (text: string): string => text.replace(/[%#]/g, (sign) => (sign === "%" ? "%25" : "%23"));
const partition = (...parts: readonly string[]): string => parts.map(part).join("#");
const only = "-";

/** Lowest of all characters that a name may have: `a` comes before `a!`, whatever follows it. */
const end = "\u0001";

export const keyPlace = (account: AccountId, service: ServiceName, id: string): Place => ({
  pk: partition("key", account, service, id),
  sk: "key",
});

/** The last uses of a key's secrets, which come without a commit. */
export const usesPlace = (account: AccountId, service: ServiceName, id: string): Place => ({
  ...keyPlace(account, service, id),
  sk: "uses",
});

/** What a list of usage still calls a key that is gone. */
export const deletedKeyPlace = (account: AccountId, service: ServiceName, id: string): Place => ({
  ...keyPlace(account, service, id),
  sk: "deleted",
});

/**
 * All keys of an account that have a secret with this digest: a verification reads this row and no other of its key. One
 * for each account, because a row has room for some hundreds of keys, and none may use up another's.
 */
export const presentedPlace = (account: AccountId, digest: string): Place => ({
  pk: presentedPartition(digest),
  sk: account,
});
export const presentedPartition = (digest: string): string => partition("presented", digest);

/** Where a list of keys has its rows, in two orders. */
export const listPartition = (account: AccountId, provider: string, region: string): string =>
  partition("list", account, provider, region);

export const creationMark = "c";
export const nameMark = "n";
export const byCreation = (createdAt: number, seq: number): string =>
  creationMark + ordered(createdAt) + end + ordered(seq);
export const byName = (name: string, seq: number): string => nameMark + name + end + ordered(seq);
/** Before all rows of this name, and after them. */
export const nameBounds = (name: string): readonly [from: string, to: string] => [
  nameMark + name + end,
  `${nameMark}${name}${end}~`,
];

/** How many keys each list of an account has. */
export const totalsPartition = (account: AccountId): string => partition("totals", account);
export const totalPlace = (account: AccountId, provider: string, region: string): Place => ({
  pk: totalsPartition(account),
  sk: partition(provider, region),
});
/** What the totals of one provider begin with. */
export const totalsOf = (provider: string): string => `${part(provider)}#`;

export const counterPlace = (account: AccountId, counter: string): Place => ({
  pk: partition("counter", account, counter),
  sk: only,
});

export const documentsPartition = (account: AccountId, provider: string, kind: string): string =>
  partition("documents", account, provider, kind);
export const documentPlace = (account: AccountId, provider: string, kind: string, id: string): Place => ({
  pk: documentsPartition(account, provider, kind),
  sk: `d${id}`,
});

/**
 * Documents that a job shall look at, in the order of when: rows of their own, gone with the document or its `due`. In
 * shards, because a partition takes a thousand writes in a second and all accounts meet here.
 */
const dueShards = 8;
export const duePartitions = (kind: string): readonly string[] =>
  Array.from({ length: dueShards }, (_, shard) => partition("due", kind, String(shard)));
export const duePlace = ({ account, provider, kind, id }: DocumentRecord, due: string): Place => {
  const name = [account, provider, id].join(end);
  return { pk: duePartitions(kind)[crc32(name) % dueShards] ?? "", sk: due + end + name };
};
/** After all that are due at this time. */
export const dueBound = (now: string): string => `${now}${end}~`;
/** Of a due row: whose it is. */
export const dueDocument = (kind: string, { sk }: Place): Place => {
  const [, account = "", provider = "", id = ""] = sk.split(end);
  return documentPlace(account as AccountId, provider, kind, id);
};

export const accountsPartition = "accounts";
export const accountPlace = (id: AccountId): Place => ({ pk: accountsPartition, sk: id });

export const credentialPlace = (account: AccountId, id: string): Place => ({
  pk: partition("credential", account, id),
  sk: only,
});
export const credentialsPartition = (account: AccountId): string => partition("credentials", account);
export const credentialInOrder = (account: AccountId, seq: number): Place => ({
  pk: credentialsPartition(account),
  sk: ordered(seq),
});
/** What is unique in a credential, and what it is found by. */
export const secretIdPlace = (secretId: string): Place => ({
  pk: partition("secret-id", secretId),
  sk: only,
});
export const tokenPlace = (digest: string): Place => ({ pk: partition("token", digest), sk: only });
export const subUinPlace = (account: AccountId, subUin: string): Place => ({
  pk: partition("sub-uin", account, subUin),
  sk: only,
});

/** Every chain that was begun: those of changes are all accounts that acted. */
export const actedPartition = "acted";
export const actedPlace = (chain: ChainName): Place => ({ pk: actedPartition, sk: chain });

export const auditPartition = (chain: ChainName): string => partition("audit", chain);
export const auditHeadPlace = (chain: ChainName): Place => ({ pk: auditPartition(chain), sk: "head" });
/** Before the head, as `e` is before `h`. */
export const auditEntryPlace = (chain: ChainName, seq: number): Place => ({
  pk: auditPartition(chain),
  sk: `e${ordered(seq)}`,
});

export const eventsPartition = (account: AccountId): string => partition("events", account);
/** The events of one commit, at the place of the first. */
export const eventPlace = (account: AccountId, seq: number): Place => ({
  pk: eventsPartition(account),
  sk: ordered(seq),
});

export const refusalsPartition = (account: string): string => partition("refusals", account);
export const refusalPlace = (
  account: string,
  minute: string,
  ...rest: readonly [principal: string, action: string, code: string]
): Place => ({ pk: refusalsPartition(account), sk: [minute, ...rest].join(end) });

export const wrappedPartition = "wrapped";
export const wrappedPlace = (purpose: string, account: string): Place => ({
  pk: wrappedPartition,
  sk: partition(purpose, account),
});
export const masterPlace: Place = { pk: "meta", sk: "master" };

/** What was spent of one budget in one window. */
export const spendPlace = (account: AccountId, counter: string, window: string): Place => ({
  pk: partition("spend", account, counter),
  sk: window,
});
export const settlementPlace = (account: AccountId, id: string): Place => ({
  pk: partition("settlement", account, id),
  sk: only,
});

/** A day of minutes, a month of hours and a year of days are each a partition. */
const usageSpan: Readonly<Record<UsageStep, number>> = { minute: 10, hour: 7, day: 4 };
export const usagePartition = (account: AccountId, step: UsageStep, time: number): string =>
  partition("usage", account, step, new Date(time).toISOString().slice(0, usageSpan[step]));
/** Models and endpoints that a key was used with in a day. */
export const usageNamesPlace = (account: AccountId, provider: string, key: string, day: number): Place => ({
  pk: partition("usage-names", account, provider, key),
  sk: ordered(day),
});
