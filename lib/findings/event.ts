import type { Finding } from "../schemas/hygiene.ts";
import type { EventDraft } from "../store/port/records.ts";

/** What receivers learn of a finding. What was seen, and the call that mends it, is for those to read who may. */
export interface FindingTold {
  /** Which one it is: the same when it opens and when it ends. */
  readonly finding: string;
  readonly rule: string;
  readonly severity: Finding["severity"];
  /** Null of what is about no key that is known. */
  readonly provider: string | null;
  /** Not `id`, as in what tells of the key itself: the version beside it is none of the key. */
  readonly key: string | null;
}

export const findingEvent = (
  uuid: () => string,
  type: "finding.opened" | "finding.ended",
  told: FindingTold,
  time: string,
): EventDraft => ({
  id: uuid(),
  type,
  time,
  subject: `finding/${told.finding}`,
  // It comes and goes, and has no version of its own: of two words about it the later one counts.
  version: Date.parse(time),
  data: told,
});
