import type { Actor, AuditDraft } from "../audit/entry.ts";
import type { AccountRecord } from "../store/port.ts";

/** On whose behalf something happens, and what the audit trail shall say of it. */
export interface Caller {
  readonly account: AccountRecord;
  readonly actor: Actor;
  readonly requestId: string;
  /** `tokenhub:CreateApiKey` */
  readonly action: string;
  /** The redacted request; a function, because most calls change nothing and need none. */
  readonly details: () => unknown;
}

/** A page of the trail holds a hundred entries; one with megabytes of details would be a way to stall its readers. */
const detailsLengthMax = 16 * 1024;

const boundedDetails = (details: unknown): unknown => {
  const { length } = JSON.stringify(details);
  return length > detailsLengthMax ? { omitted: `${length} characters` } : details;
};

/** The audit entry of what a caller did to a target: `tokenhub/ak-…`, `credential/cred_…`. */
export const auditDraft = (caller: Caller, target: string, time: string): AuditDraft => ({
  time,
  requestId: caller.requestId,
  actor: caller.actor,
  action: caller.action,
  target,
  details: boundedDetails(caller.details()),
});
