import type { KeyRecord } from "../../keys/record.ts";
import type { AccountId } from "../../schemas/key.ts";

/** How keys are listed. */

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
