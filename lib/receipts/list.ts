import type { AccountId } from "../schemas/key.ts";
import type { Receipt } from "../schemas/receipt.ts";
import { listBackwards } from "../store/backwards.ts";
import { ForeignCursor } from "../store/port/key-query.ts";
import type { Store } from "../store/port/store.ts";
import { keptOf, receiptForm, receiptKind } from "./receipt.ts";

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
  return listBackwards(store, account, receiptKind, { before, limit }, (record) => {
    const { receipt } = keptOf(record);
    // What is over may not be forgotten yet.
    return Date.parse(record.until ?? "") > now.getTime() && isWanted(receipt) ? receipt : undefined;
  });
};
