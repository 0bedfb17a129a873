import type { DatabaseSync } from "node:sqlite";
import type { AccountId } from "../../schemas/key.ts";
import type { PresentedKey } from "../port/presented.ts";
import type { DataVersion, Snapshots } from "./snapshot.ts";
import { prepare } from "./statement.ts";

type StampRow = [stamp: number];
type Row = [stamp: number, doc: string, generation: number, until: string | null];

interface Known {
  readonly stamp: number;
  readonly found: readonly [PresentedKey];
  /** The version of the data that it was last found true in. */
  version: DataVersion;
}

interface KnownRules {
  readonly text: string | undefined;
  readonly rules: unknown;
}

export interface PresentedReads {
  /** Undefined unless it is known that nothing was committed since the row was read. */
  atHand(account: AccountId, digest: string): readonly PresentedKey[] | undefined;
  find(account: AccountId, digest: string): readonly PresentedKey[];
}

const knownMax = 10_000;
/** Of the documents that are kept parsed; a key may have a thousand models and addresses. */
const knownCharsMax = 16 * 1024 * 1024;

/**
 * Every call asks the file whether anything was committed, and if so reads the stamp that stands under its digest now;
 * what is spared is reading and parsing the same row again. So a change is seen at once, whoever made it, and the same
 * object is answered for as long as nothing changes.
 */
export const preparePresentedReads = (db: DatabaseSync, snapshots: Snapshots): PresentedReads => {
  const stamps = prepare<StampRow>(db, "SELECT stamp FROM presented WHERE digest = ?");
  const presented = prepare<Row>(
    db,
    `SELECT stamp, doc, secrets.generation, until
     FROM presented CROSS JOIN secrets USING (key, generation) CROSS JOIN keys ON keys.seq = presented.key
     WHERE presented.digest = ? ORDER BY presented.key`,
  );
  const rules = prepare<[body: string]>(
    db,
    `SELECT json_extract(doc, '$.body') FROM documents
     WHERE account = ? AND provider = '' AND kind = 'account-rules' AND id = 'account-rules'`,
  );
  const knownKeys = new Map<string, Known>();
  let knownChars = 0;
  /** Digests that were asked for once of late. */
  const seenOnce = new Set<string>();
  const knownRules = new Map<string, KnownRules>();
  /** Accounts whose rules were read in this version of the data. */
  const readNow = new Set<string>();
  let version: DataVersion = 0;

  const rulesOf = (account: string): unknown => {
    const known = knownRules.get(account);
    if (known !== undefined && readNow.has(account)) return known.rules;
    readNow.add(account);
    const text = rules.get(account)?.[0];
    if (known !== undefined && known.text === text) return known.rules;
    if (knownRules.size >= knownMax) knownRules.clear();
    const read: KnownRules = { text, rules: text === undefined ? undefined : JSON.parse(text) };
    knownRules.set(account, read);
    return read.rules;
  };

  const parse = ([, doc, generation, until]: Row): PresentedKey => {
    const record: PresentedKey["record"] = JSON.parse(doc);
    return { record, secret: { generation, until }, accountRules: rulesOf(record.account) };
  };

  /** Of a million keys that are used by turns none is worth keeping: each would push out another one. */
  const isSeenAgain = (digest: string): boolean => {
    if (knownKeys.has(digest) || seenOnce.delete(digest)) return true;
    if (seenOnce.size >= knownMax) seenOnce.clear();
    seenOnce.add(digest);
    return false;
  };

  const readAnew = (digest: string): readonly PresentedKey[] => {
    const rows = presented.all(digest);
    const [row] = rows;
    if (row === undefined || rows.length > 1) return rows.map(parse);
    const found = [parse(row)] as const;
    if (isSeenAgain(digest)) {
      const [stamp, { length }] = row;
      if (knownKeys.size >= knownMax || knownChars + length > knownCharsMax) {
        knownKeys.clear();
        knownChars = 0;
      }
      knownKeys.set(digest, { stamp, found, version });
      knownChars += length;
    }
    return found;
  };

  const isTrueStill = (known: Known): boolean => known.version === snapshots.version();

  const read = (digest: string): readonly PresentedKey[] => {
    const known = knownKeys.get(digest);
    if (known !== undefined && isTrueStill(known)) return known.found;
    const now = snapshots.hold();
    if (now !== version) {
      version = now;
      readNow.clear();
    }
    if (known === undefined) return readAnew(digest);
    // Of several keys with this secret, which are never kept, all would have to be asked for.
    const found = stamps.all(digest);
    const { record, accountRules } = known.found[0];
    const isTrue =
      found.length === 1 && found[0]?.[0] === known.stamp && rulesOf(record.account) === accountRules;
    if (!isTrue) return readAnew(digest);
    known.version = version;
    return known.found;
  };

  return {
    atHand: (account, digest) => {
      const known = knownKeys.get(digest);
      return known !== undefined && isTrueStill(known) ? ownedBy(account, known.found) : undefined;
    },
    find: (account, digest) => ownedBy(account, read(digest)),
  };
};

/** Nearly always there is one, and it is the account's. */
const ownedBy = (account: AccountId, found: readonly PresentedKey[]): readonly PresentedKey[] =>
  found.every(({ record }) => record.account === account)
    ? found
    : found.filter(({ record }) => record.account === account);
