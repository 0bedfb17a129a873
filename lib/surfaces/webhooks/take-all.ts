import type { LeakReport } from "../../leaks/report.ts";
import type { DoorContext } from "./door.ts";

/** One body may bring thousands, and each one that matches is a commit: they are taken side by side, not all at once. */
const atOnce = 32;

/** What came of each, in their order. */
export const takeAll = async (
  reports: readonly LeakReport[],
  { leaks, call }: DoorContext,
): Promise<readonly ("matched" | "unmatched")[]> => {
  const results: ("matched" | "unmatched")[] = [];
  const waiting = reports.entries();
  const worker = async (): Promise<void> => {
    for (const [place, report] of waiting) results[place] = await leaks.inbox.take(report, call);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, reports.length) }, worker));
  return results;
};
