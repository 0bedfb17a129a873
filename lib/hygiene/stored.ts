import { findingKind, type Finding as StoredFinding } from "../findings/finding.ts";
import { type Finding, storedRule } from "../schemas/hygiene.ts";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord, Store } from "../store/port.ts";

interface StoredPage {
  readonly items: readonly Finding[];
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
  isShown: (provider: string | null) => boolean,
): Promise<StoredPage> => {
  for (let from = before; ; ) {
    const page = { before: from, limit };
    const records = await store.listDocumentsBackwards(account, "", findingKind, page);
    const shown = records.filter((record) => isShown(bodyOf(record).provider));
    const [last, lastShown] = [records.at(-1), shown.at(-1)];
    const isEnd = last === undefined || records.length < limit;
    if (isEnd || lastShown !== undefined) {
      return { items: shown.map(toFinding), next: isEnd ? null : (lastShown?.id ?? null) };
    }
    from = last.id;
  }
};

const bodyOf = ({ body }: DocumentRecord): StoredFinding => body as StoredFinding;

const toFinding = (record: DocumentRecord): Finding => {
  const { provider, key, detail, firstSeen, fix } = bodyOf(record);
  return {
    rule: storedRule,
    severity: "high",
    provider,
    id: key,
    name: null,
    since: firstSeen,
    evidence: detail,
    fix: { method: fix.method, path: fix.path, ifMatch: null, body: null, fill: [] },
  };
};
