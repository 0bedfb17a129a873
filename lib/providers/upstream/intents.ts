import * as z from "zod";
import type { FindingTold } from "../../findings/event.ts";
import type { DocumentRecord } from "../../store/port/records.ts";

/** What is about to be asked of a real system, written before it is asked. */
const intent = z.object({
  operation: z.string(),
  /** The key's id; of a creation its name. */
  about: z.string(),
  requestId: z.string(),
  startedAt: z.string(),
  /** Of a call that is to happen once: what it asks. */
  fingerprint: z.string().nullable(),
  /** Since when somebody is at it; null once they have gone without knowing the outcome. */
  heldAt: z.string().nullable().default(null),
  /** Since when it is a finding that nobody knows what became of it; null where that is not told. */
  foundAt: z.string().nullable().default(null),
  /** The key as it was, of a deletion: nobody can be asked afterwards. */
  before: z.object({ name: z.string(), status: z.string(), version: z.number() }).nullable().default(null),
});

export interface Intent extends z.infer<typeof intent> {
  readonly id: string;
  readonly version: number;
  /** It stood there already: an earlier try of the same call has no known outcome. */
  readonly resumed: boolean;
}

/** An intent that stands already. */
export const parseIntent = ({ id, version, body }: DocumentRecord): Intent => ({
  ...intent.parse(body),
  id,
  version,
  resumed: true,
});

/** A finding, as long as nobody knows what became of it. */
export const unresolvedTold = (provider: string, { id, operation, about }: Intent): FindingTold => ({
  finding: `outcome_unknown/${provider}/${id}`,
  rule: "outcome_unknown",
  severity: "medium",
  provider,
  // A creation has the name of a key to come, and a call that is passed on may name none.
  key: operation === "create" || about === "*" ? null : about,
});

/** A try that began less than this ago may still be under way, or its call be on its way to the real system. */
const tryMs = 60_000;

const isRecent = (time: string, now: Date): boolean => now.getTime() - Date.parse(time) < tryMs;

/** Whether a process may be at it: one that has stopped without a word is waited for no longer than a try may take. */
export const isHeld = ({ heldAt }: Intent, now: Date): boolean => heldAt !== null && isRecent(heldAt, now);

/** Whether nothing of its last try can be on its way any more. */
export const isStalled = ({ startedAt }: Intent, now: Date): boolean => !isRecent(startedAt, now);
