import { rootAccountId } from "../access/root.ts";
import type { LeakOutcome } from "../schemas/leaks.ts";
import type { LeakParts } from "./parts.ts";
import type { LeakCall, LeakReport } from "./report.ts";
import { countAgain, digestsOf, findStanding, ignoreRefusal, newRow, rowWrites } from "./rows.ts";
import { unmatchedAllowance } from "./unmatched.ts";
import { openUnresolved } from "./unresolved.ts";

/** Reports that are about no key of ours, as far as they tell. */
interface NoKey {
  keepUnmatched(report: LeakReport): Promise<void>;
  keepUnresolved(report: LeakReport, call: LeakCall): Promise<void>;
  endUnresolved(report: LeakReport, call: LeakCall): Promise<void>;
}

export const openNoKey = ({ store, vault, clock, random, uuid }: LeakParts): NoKey => {
  const mayKeepUnmatched = unmatchedAllowance();

  /** What met no key is the operator's. Undefined where an equal report stands, or where no more are kept. */
  const rowOfNoKey = async (report: LeakReport, outcome: LeakOutcome) => {
    const now = clock();
    const digests = digestsOf(report, vault.digest, null);
    const standing = await findStanding(store, rootAccountId, digests, now);
    if (standing?.row !== undefined) {
      await countAgain(store, standing, report, now);
      return undefined;
    }
    if (!mayKeepUnmatched(report.signed, now)) return undefined;
    const row = newRow(report, digests, outcome, null, now);
    return { row, ...rowWrites(rootAccountId, digests, row, { now, random, ended: standing?.mark }) };
  };

  const keepUnmatched: NoKey["keepUnmatched"] = async (report) => {
    const kept = await rowOfNoKey(report, "unmatched");
    // Nothing of anybody was changed, so no chain tells of it: strangers could make it as long as they like.
    if (kept !== undefined) await store.progress(kept.writes).catch(ignoreRefusal);
  };

  const unresolved = openUnresolved({ store, vault, clock, uuid }, (report) =>
    rowOfNoKey(report, "unresolved"),
  );

  return { keepUnmatched, keepUnresolved: unresolved.keep, endUnresolved: unresolved.end };
};
