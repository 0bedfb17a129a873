import { findingEvent } from "../findings/event.ts";
import { findingId, findingKind, findingWrite, isTold, storedTold } from "../findings/finding.ts";
import { readPolicy } from "../policies/documents.ts";
import { type Alongside, auditDraft } from "../providers/caller.ts";
import type { AccountId, Key } from "../schemas/key.ts";
import type { LeakOutcome } from "../schemas/leaks.ts";
import type { DocumentRecord, EventDraft } from "../store/port/records.ts";
import type { DocumentWrite } from "../store/port/unit.ts";
import { type Carried, carryOut } from "./act.ts";
import { leakCaller } from "./caller.ts";
import { decideLeak, isChange } from "./decide.ts";
import { keyFinding } from "./findings.ts";
import type { Holder } from "./match.ts";
import type { LeakParts } from "./parts.ts";
import type { LeakCall, LeakReport } from "./report.ts";
import { countAgain, digestsOf, findStanding, type LeakRow, newRow, rowWrites } from "./rows.ts";

/** Does what the policy of a key that has the reported secret wants, in one commit with the report. */
type TakeOfKey = (report: LeakReport, call: LeakCall, holder: Holder) => Promise<void>;

export const openTakeOfKey = ({ store, vault, clock, random, uuid }: LeakParts): TakeOfKey => {
  const reported = (key: Key, row: LeakRow, id: string): EventDraft => ({
    id: uuid(),
    type: "leak.reported",
    time: row.reportedAt,
    subject: `${key.provider}/${key.id}`,
    version: key.version,
    data: {
      provider: key.provider,
      id: key.id,
      name: key.name,
      status: key.status,
      report: id,
      source: row.source,
      signed: row.signed,
      outcome: row.outcome,
      tokenType: row.tokenType,
      url: row.url,
    },
  });

  const findingFor = async (
    account: AccountId,
    key: Key,
    type: Parameters<typeof keyFinding>[0],
    now: Date,
  ): Promise<Found> => {
    const subject = `${key.provider}/${key.id}`;
    const time = now.toISOString();
    const before = await store.readDocument(account, "", findingKind, findingId(type, subject));
    const write = findingWrite(account, subject, keyFinding(type, key), time, before);
    const news = isTold(before) ? [] : [findingEvent(uuid, "finding.opened", storedTold(write.record), time)];
    return { writes: [write], events: news };
  };

  return async (report, call, holder) => {
    const { record, secret } = holder.stored;
    const { account, key } = record;
    const now = clock();
    const digests = digestsOf(
      report,
      vault.digest,
      // A key that was made again, or has another secret by now, is another one.
      JSON.stringify([key.provider, key.id, key.createdAt, secret.generation]),
    );
    const [standing, policy, caller] = await Promise.all([
      findStanding(store, account, digests, now),
      readPolicy(store, account, { of: "key", provider: key.provider, id: key.id }),
      leakCaller(store, report, call, account),
    ]);
    const decision = decideLeak({
      isChosen: holder.isChosen,
      isHalf: holder.isHalf,
      isShared: holder.isShared,
      key,
      until: secret.until,
      secretLength: report.leaked?.secret.expose().length ?? 0,
      signed: report.signed,
      policy: policy.effective,
      now,
    });
    if (standing?.row !== undefined && !(isUnacted(standing.row) && isChange(decision))) {
      return countAgain(store, standing, report, now);
    }
    const beside = (outcome: LeakOutcome, after: Key, more: readonly DocumentWrite[] = []): Alongside => {
      const row = newRow(report, digests, outcome, after, now);
      const { id, writes } = rowWrites(account, digests, row, { now, random, ended: standing?.mark });
      return { writes: [...writes, ...more], events: [reported(after, row, id)] };
    };
    /** The report alone, of a key that stays as it is: all the same one commit, with its entry and its event. */
    const keep = async (carried: Extract<Carried, { changed: false }>): Promise<void> => {
      const { outcome, finding } = carried;
      const more = finding === null ? nothingFound : await findingFor(account, key, finding, now);
      const { writes, events } = beside(outcome, key, more.writes);
      const audit = auditDraft(caller, `${key.provider}/${key.id}`, now.toISOString());
      await store.commit({ account, writes, audit, events: [...events, ...more.events] });
    };
    const carried = await carryOut(decision, holder, caller, beside);
    if (!carried.changed) await keep(carried);
  };
};

interface Found {
  readonly writes: readonly DocumentWrite[];
  readonly events: readonly EventDraft[];
}
const nothingFound: Found = { writes: [], events: [] };

/**
 * A report of a key that was off, or that was only noted, has done nothing yet: else whoever holds a secret could report
 * it at such a time, and no equal report would end the key afterwards.
 */
const isUnacted = ({ body }: DocumentRecord): boolean =>
  ["ended", "finding", "notified"].includes((body as LeakRow).outcome);
