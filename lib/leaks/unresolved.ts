import { rootAccountId } from "../access/root.ts";
import { findingEvent } from "../findings/event.ts";
import {
  findingId,
  findingIn,
  findingKind,
  findingWrite,
  isTold,
  storedTold,
  toldWrite,
} from "../findings/finding.ts";
import { auditDraft } from "../providers/caller.ts";
import type { Vault } from "../sealing/vault.ts";
import type { DocumentRecord, EventDraft } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import type { DocumentWrite } from "../store/port/unit.ts";
import { leakCaller } from "./caller.ts";
import { unresolvedFinding } from "./findings.ts";
import type { LeakCall, LeakReport } from "./report.ts";
import { endOfRow, type LeakRow, shortened } from "./rows.ts";

interface Parts {
  readonly store: Pick<Store, "commit" | "progress" | "readAccount" | "readDocument">;
  readonly vault: Pick<Vault, "digest">;
  readonly clock: () => Date;
  readonly uuid: () => string;
}

interface Kept {
  readonly id: string;
  readonly row: LeakRow;
  readonly writes: readonly DocumentWrite[];
}

/** Undefined where an equal report stands, or where no more are kept. */
type RowOf = (report: LeakReport) => Promise<Kept | undefined>;

/** Reports without a secret: findings of the operator, one for each leak as its sender names it. */
export const openUnresolved = ({ store, vault, clock, uuid }: Parts, rowOf: RowOf) => {
  /** What was told without a secret before, by the name that its sender gives it. */
  const find = async (report: LeakReport) => {
    const subject = shortened(vault.digest(`leak\n${report.source}\n${report.about ?? ""}`));
    const told = unresolvedFinding(report);
    const before = await store.readDocument(rootAccountId, "", findingKind, findingId(told.type, subject));
    // Anybody who has seen an older word of its sender could send it again: it is signed, too.
    const known = before && findingIn(before).changedAt;
    const isLate = known != null && report.changedAt !== null && report.changedAt < known;
    return { subject, told, before, isLate };
  };

  /** Nothing is to be told of it, and yet it is its sender's last word: what was said before and comes later is late. */
  const heed = async ({ changedAt }: LeakReport, before: DocumentRecord): Promise<void> => {
    if (changedAt === null || changedAt === findingIn(before).changedAt) return;
    await store.progress([toldWrite(before, { changedAt })]);
  };

  /**
   * Only who signs can tell of a leak without its secret, so that it has its entry and its events. An equal report stands
   * for this one, too, unless its sender had said meanwhile that it is over.
   */
  const keep = async (report: LeakReport, call: LeakCall): Promise<void> => {
    const { subject, told, before, isLate } = await find(report);
    if (isLate) return;
    const isOver = Date.parse(before?.until ?? "") <= clock().getTime();
    const isNews = isOver || !isTold(before);
    const kept = await rowOf(report);
    if (kept === undefined && (before === undefined || !isNews)) return before && heed(report, before);
    const time = kept?.row.reportedAt ?? clock().toISOString();
    const finding = findingWrite(rootAccountId, subject, told, time, before, endOfRow(time));
    const caller = await leakCaller(store, report, call, rootAccountId);
    await store.commit({
      account: rootAccountId,
      writes: [...(kept?.writes ?? []), finding],
      audit: auditDraft(caller, `leak/${kept?.id ?? subject}`, time),
      events: [
        ...(kept === undefined ? [] : [unresolvedEvent(kept.id, kept.row)]),
        ...(isNews ? [findingEvent(uuid, "finding.opened", storedTold(finding.record), time)] : []),
      ],
    });
  };

  const unresolvedEvent = (
    id: string,
    { source, tokenType, url, reportedAt: time }: LeakRow,
  ): EventDraft => ({
    id: uuid(),
    type: "leak.unresolved",
    time,
    subject: `leak/${id}`,
    version: 1,
    data: { report: id, source, tokenType, url },
  });

  /**
   * Nobody else can know: what its sender has told without a secret ends when the sender says so. Where that comes before
   * the word that it is about, it is kept for when that comes.
   */
  const end = async (report: LeakReport, call: LeakCall): Promise<void> => {
    const { subject, told, before, isLate } = await find(report);
    if (isLate) return;
    const time = clock().toISOString();
    if (before === undefined) {
      const { record } = findingWrite(rootAccountId, subject, told, time, before, endOfRow(time));
      const body = { ...findingIn(record), endedAt: time };
      return store.progress([{ type: "insertDocument", record: { ...record, body } }]);
    }
    if (!isTold(before)) return heed(report, before);
    const caller = await leakCaller(store, report, call, rootAccountId);
    await store.commit({
      account: rootAccountId,
      writes: [toldWrite(before, { endedAt: time, changedAt: report.changedAt })],
      audit: auditDraft({ ...caller, action: "keyway:EndLeak" }, before.id, time),
      events: [findingEvent(uuid, "finding.ended", storedTold(before), time)],
    });
  };

  return { keep, end };
};
