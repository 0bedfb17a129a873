import type { AccountId } from "../schemas/key.ts";
import type { Receipt } from "../schemas/receipt.ts";
import { ForeignCursor, type Store } from "../store/port.ts";
import { keptOf, receiptForm, receiptKind } from "./receipt.ts";

/** So many are looked at for one page; a page may be short, or empty, and yet not be the last. */
const lookedAtMax = 1000;
const readAtOnce = 100;

export const listReceipts = async (
  store: Pick<Store, "listDocumentsBackwards">,
  account: AccountId,
  {
    isWanted,
    before,
    limit,
    now,
  }: {
    readonly isWanted: (receipt: Receipt) => boolean;
    readonly before: string | null;
    readonly limit: number;
    readonly now: Date;
  },
): Promise<{ readonly items: readonly Receipt[]; readonly next: string | null }> => {
  if (before !== null && !receiptForm.test(before)) throw new ForeignCursor();
  const items: Receipt[] = [];
  let place = before;
  for (let lookedAt = 0; lookedAt < lookedAtMax; lookedAt += readAtOnce) {
    const found = await store.listDocumentsBackwards(account, "", receiptKind, {
      before: place,
      limit: readAtOnce,
    });
    for (const record of found) {
      if (items.length === limit) return { items, next: place };
      place = record.id;
      const { receipt } = keptOf(record);
      // What is over may not be forgotten yet.
      if (Date.parse(record.until ?? "") > now.getTime() && isWanted(receipt)) items.push(receipt);
    }
    if (found.length < readAtOnce) return { items, next: null };
  }
  return { items, next: place };
};
