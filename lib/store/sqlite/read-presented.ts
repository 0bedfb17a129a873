import type { DatabaseSync } from "node:sqlite";
import type { PresentedKey } from "../port.ts";
import type { Hold } from "./snapshot.ts";
import { prepare } from "./statement.ts";

type Row = [doc: string, generation: number, until: string | null];

interface Parsed {
  readonly row: Row;
  readonly found: readonly [PresentedKey];
}

interface KnownRules {
  readonly text: string | undefined;
  readonly rules: unknown;
}

/** About a kilobyte each. */
const parsedMax = 10_000;

/**
 * Every call reads its row; what is spared is parsing a text that is still the same. So a change is seen at once,
 * whoever made it, and the same object is answered for as long as nothing of it has changed.
 */
export const preparePresentedReads = (
  db: DatabaseSync,
  hold: Hold,
): ((digest: string) => readonly PresentedKey[]) => {
  const presented = prepare<Row>(db, "SELECT doc, generation, until FROM presented WHERE digest = ?");
  const rules = prepare<[body: string]>(
    db,
    `SELECT json_extract(doc, '$.body') FROM documents
     WHERE account = ? AND provider = '' AND kind = 'account-rules' AND id = 'account-rules'`,
  );
  const parsed = new Map<string, Parsed>();
  const knownRules = new Map<string, KnownRules>();
  /** Accounts whose rules were read in the present snapshot: all calls of a turn share them. */
  const readNow = new Set<string>();
  let snapshot = 0;

  const rulesOf = (account: string): unknown => {
    const known = knownRules.get(account);
    if (known !== undefined && readNow.has(account)) return known.rules;
    readNow.add(account);
    const text = rules.get(account)?.[0];
    if (known !== undefined && known.text === text) return known.rules;
    if (knownRules.size >= parsedMax) knownRules.clear();
    const read: KnownRules = { text, rules: text === undefined ? undefined : JSON.parse(text) };
    knownRules.set(account, read);
    return read.rules;
  };

  const parse = ([doc, generation, until]: Row): PresentedKey => {
    const record: PresentedKey["record"] = JSON.parse(doc);
    return { record, secret: { generation, until }, accountRules: rulesOf(record.account) };
  };

  return (digest) => {
    const now = hold();
    if (now !== snapshot) {
      snapshot = now;
      readNow.clear();
    }
    const rows = presented.all(digest);
    const [row] = rows;
    if (row === undefined || rows.length > 1) return rows.map(parse);
    const known = parsed.get(digest);
    if (
      known !== undefined &&
      known.row[0] === row[0] &&
      known.row[1] === row[1] &&
      known.row[2] === row[2] &&
      known.found[0].accountRules === rulesOf(known.found[0].record.account)
    ) {
      return known.found;
    }
    const found = [parse(row)] as const;
    if (parsed.size >= parsedMax) parsed.clear();
    parsed.set(digest, { row, found });
    return found;
  };
};
