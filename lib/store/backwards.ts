import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "./port/records.ts";
import type { Store } from "./port/store.ts";

/** So many are looked at for one page; a page may be short, or empty, and yet not be the last. */
const lookedAtMax = 1000;
const readAtOnce = 100;

/** Of an account's documents of a kind those that `wanted` makes something of, the newest first. */
export const listBackwards = async <T>(
  store: Pick<Store, "listDocumentsBackwards">,
  account: AccountId,
  kind: string,
  { before, limit }: { readonly before: string | null; readonly limit: number },
  wanted: (record: DocumentRecord) => T | undefined,
): Promise<{ readonly items: readonly T[]; readonly next: string | null }> => {
  const items: T[] = [];
  let place = before;
  let last = before;
  for (let lookedAt = 0; lookedAt < lookedAtMax; lookedAt += readAtOnce) {
    const found = await store.listDocumentsBackwards(account, "", kind, { before: place, limit: readAtOnce });
    for (const record of found) {
      const item = wanted(record);
      place = record.id;
      if (item === undefined) continue;
      // By the last one that is shown: those between are not everybody's to know of.
      if (items.length === limit) return { items, next: last };
      items.push(item);
      last = record.id;
    }
    if (found.length < readAtOnce) return { items, next: null };
  }
  return { items, next: place };
};
