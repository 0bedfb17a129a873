import { Refusal } from "../errors.ts";
import { findingIn, findingKind, isTold, type Finding as StoredFinding } from "../findings/finding.ts";
import type { Caller } from "../providers/caller.ts";
import type { Provider } from "../providers/port.ts";
import { type Finding, storedRule } from "../schemas/hygiene.ts";
import type { AccountId, Key } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";

interface Noted {
  readonly finding: Finding;
  /** A secret that was replaced since then is not the one that it is about. */
  readonly lastSeen: string;
}

interface StoredPage {
  readonly items: readonly Noted[];
  /** Null where there are no more. */
  readonly next: string | null;
}

/**
 * Findings that were written down, a page of them. It ends with one that the reader may see: a cursor says what it is
 * about.
 */
export const storedFindings = async (
  store: Pick<Store, "listDocumentsBackwards">,
  account: AccountId,
  { before, limit }: { readonly before: string | null; readonly limit: number },
  now: string,
  isShown: (provider: string | null) => boolean,
): Promise<StoredPage> => {
  for (let from = before; ; ) {
    const page = { before: from, limit };
    const records = await store.listDocumentsBackwards(account, "", findingKind, page);
    const shown = records.filter((record) => isStanding(record, now) && isShown(findingIn(record).provider));
    const [last, lastShown] = [records.at(-1), shown.at(-1)];
    const isEnd = last === undefined || records.length < limit;
    if (isEnd || lastShown !== undefined) {
      return { items: shown.map(toNoted), next: isEnd ? null : (lastShown?.id ?? null) };
    }
    from = last.id;
  }
};

/** Of what is about no key, only its sender or its time can say that it is over. */
const isStanding = (record: DocumentRecord, now: string): boolean =>
  !(record.until !== undefined && record.until <= now) && (findingIn(record).key !== null || isTold(record));

/** What became of the key that a finding is about; `unknown` where it cannot be asked for now. */
export const fateOf = async (
  provider: Pick<Provider, "read"> | undefined,
  caller: Caller,
  { id, lastSeen }: { readonly id: string; readonly lastSeen: string },
  now: string,
): Promise<"open" | "mended" | "gone" | "unknown"> => {
  if (provider === undefined) return "unknown";
  try {
    return isMended(await provider.read(caller, id), lastSeen, now) ? "mended" : "open";
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.code === "not_found" ? "gone" : "unknown";
  }
};

/**
 * Whether a key is no danger any more: it is off, or its secret is another one than when the finding was last seen, and the
 * old one's grace is over; or it was made since then, under the name of one that is gone. Times are all of one form, so
 * their order is that of their texts.
 */
export const isMended = (
  {
    status,
    createdAt,
    expiresAt,
    rotatedAt,
    graceUntil,
  }: Pick<Key, "status" | "createdAt" | "expiresAt" | "rotatedAt" | "graceUntil">,
  lastSeen: string,
  now: string,
): boolean => {
  if (status === "disabled" || createdAt > lastSeen || (expiresAt !== null && expiresAt <= now)) return true;
  return rotatedAt !== null && rotatedAt > lastSeen && (graceUntil === null || graceUntil <= now);
};

const toNoted = (record: DocumentRecord): Noted => {
  const body = findingIn(record);
  return { finding: toFinding(body), lastSeen: body.lastSeen };
};

const toFinding = ({ provider, key, detail, firstSeen, fix }: StoredFinding): Finding => ({
  rule: storedRule,
  severity: "high",
  provider,
  id: key,
  name: null,
  since: firstSeen,
  evidence: detail,
  fix: { ifMatch: null, body: null, fill: [], ...fix },
});
