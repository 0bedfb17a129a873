import { rootAccountId } from "../access/root.ts";
import { Refusal } from "../errors.ts";
import { findingId, findingKind, findingWrite } from "../findings/finding.ts";
import type { RandomBytes } from "../keys/random.ts";
import { readPolicy } from "../policies/documents.ts";
import { type Alongside, auditDraft, type Caller } from "../providers/caller.ts";
import type { AccountId, Key } from "../schemas/key.ts";
import type { LeakOutcome } from "../schemas/leaks.ts";
import type { Vault } from "../sealing/vault.ts";
import {
  type DocumentRecord,
  type DocumentWrite,
  type EventDraft,
  type Store,
  StoreRefusal,
} from "../store/port.ts";
import { type Carried, carryOut } from "./act.ts";
import { decideLeak, isChange } from "./decide.ts";
import { keyFinding, unresolvedFinding } from "./findings.ts";
import { findHolders, type Holder, type LeakTargets } from "./match.ts";
import { type LeakReport, toldBy } from "./report.ts";
import {
  againWrite,
  type Digests,
  digestsOf,
  endOfRow,
  findStanding,
  type LeakRow,
  rowWrites,
  type Standing,
  shortened,
} from "./rows.ts";
import { unmatchedAllowance } from "./unmatched.ts";

export interface LeakParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
  readonly targets: LeakTargets;
}

/** The call that brought a report. */
export interface LeakCall {
  readonly requestId: string;
  readonly ip: string;
}

export interface LeakInbox {
  /** Whether a key of ours has the secret. When it is answered, what the key's policy wants has been done. */
  take(report: LeakReport, call: LeakCall): Promise<"matched" | "unmatched">;
}

/** Each lost race means that somebody else changed the key or took an equal report. */
const racesMax = 50;

export const openInbox = (parts: LeakParts): LeakInbox => {
  const { store, vault, clock, random, uuid } = parts;
  const mayKeepUnmatched = unmatchedAllowance();

  const rowOf = (
    report: LeakReport,
    digests: Digests,
    outcome: LeakOutcome,
    key: Key | null,
    now: Date,
  ): LeakRow => ({
    ...toldBy(report),
    source: report.source,
    signed: report.signed,
    outcome,
    provider: key?.provider ?? null,
    key: key?.id ?? null,
    fingerprint: digests.fingerprint,
    reportedAt: now.toISOString(),
    lastReportedAt: now.toISOString(),
    count: 1,
    delivery: report.delivery,
  });

  /** An equal report was taken before, and nothing is done a second time: so a replay does nothing, either. */
  const again = async ({ row }: Standing, report: LeakReport, now: Date): Promise<void> => {
    const write = row === undefined ? null : againWrite(row, report, now);
    if (write === null) return;
    // Lost to another one that counts at this moment: they count as one.
    await store.progress([write]).catch(ignoreRefusal);
  };

  /** What met no key is the operator's. Undefined where an equal report stands, or where no more are kept. */
  const rowOfNoKey = async (report: LeakReport, outcome: LeakOutcome) => {
    const now = clock();
    const digests = digestsOf(report, vault.digest, null);
    const standing = await findStanding(store, rootAccountId, digests, now);
    if (standing?.row !== undefined) {
      await again(standing, report, now);
      return undefined;
    }
    if (!mayKeepUnmatched(report.signed, now)) return undefined;
    const row = rowOf(report, digests, outcome, null, now);
    return { row, ...rowWrites(rootAccountId, digests, row, { now, random, ended: standing?.mark }) };
  };

  const keepUnmatched = async (report: LeakReport) => {
    const kept = await rowOfNoKey(report, "unmatched");
    // Nothing of anybody was changed, so no chain tells of it: strangers could make it as long as they like.
    if (kept !== undefined) await store.progress(kept.writes).catch(ignoreRefusal);
  };

  /** Only who signs can tell of a leak without its secret, so that it has its entry and its event. */
  const keepUnresolved = async (report: LeakReport, call: LeakCall): Promise<void> => {
    const kept = await rowOfNoKey(report, "unresolved");
    if (kept === undefined) return;
    const { id, row, writes } = kept;
    const time = row.reportedAt;
    const subject = shortened(vault.digest(`leak\n${report.source}\n${report.about ?? ""}`));
    const told = unresolvedFinding(report.source);
    const before = await store.readDocument(rootAccountId, "", findingKind, findingId(told.type, subject));
    const finding = findingWrite(rootAccountId, subject, told, time, before, endOfRow(time));
    const caller = await callerFor(report, call, rootAccountId);
    const { source, tokenType, url } = row;
    const event: EventDraft = {
      id: uuid(),
      type: "leak.unresolved",
      time,
      subject: `leak/${id}`,
      version: 1,
      data: { report: id, source, tokenType, url },
    };
    await store.commit({
      account: rootAccountId,
      writes: [...writes, finding],
      audit: auditDraft(caller, `leak/${id}`, time),
      events: [event],
    });
  };

  const callerFor = async (report: LeakReport, call: LeakCall, account: AccountId): Promise<Caller> => {
    const record = await store.readAccount(account);
    if (record === undefined) throw new Error("a key of no account");
    const name = `[leak report: ${report.source}]`;
    return {
      account: record,
      actor: { credential: name, subUin: account, ip: call.ip },
      requestId: call.requestId,
      action: "keyway:ReportLeak",
      details: () => ({ source: report.source, signed: report.signed, ...toldBy(report) }),
    };
  };

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

  const takeFor = async (report: LeakReport, call: LeakCall, holder: Holder): Promise<void> => {
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
      callerFor(report, call, account),
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
      return again(standing, report, now);
    }
    const beside = (outcome: LeakOutcome, after: Key, more: readonly DocumentWrite[] = []): Alongside => {
      const row = rowOf(report, digests, outcome, after, now);
      const { id, writes } = rowWrites(account, digests, row, { now, random, ended: standing?.mark });
      return { writes: [...writes, ...more], events: [reported(after, row, id)] };
    };
    /** The report alone, of a key that stays as it is: all the same one commit, with its entry and its event. */
    const keep = async (carried: Extract<Carried, { changed: false }>): Promise<void> => {
      const { outcome, finding } = carried;
      const more = finding === null ? [] : [await findingFor(account, key, finding, now)];
      const { writes, events } = beside(outcome, key, more);
      const audit = auditDraft(caller, `${key.provider}/${key.id}`, now.toISOString());
      await store.commit({ account, writes, audit, events });
    };
    const carried = await carryOut(decision, holder, caller, beside);
    if (!carried.changed) await keep(carried);
  };

  const findingFor = async (
    account: AccountId,
    key: Key,
    type: Parameters<typeof keyFinding>[0],
    now: Date,
  ): Promise<DocumentWrite> => {
    const subject = `${key.provider}/${key.id}`;
    const before = await store.readDocument(account, "", findingKind, findingId(type, subject));
    return findingWrite(account, subject, keyFinding(type, key), now.toISOString(), before);
  };

  /** A sender's own text, which is only compared: what is kept of it shows nothing. */
  const withOwnDelivery = (report: LeakReport): LeakReport => ({
    ...report,
    delivery: report.delivery === null ? null : shortened(vault.digest(`delivery\n${report.delivery}`)),
  });

  const take: LeakInbox["take"] = async (sent, call) => {
    const report = withOwnDelivery(sent);
    const { leaked } = report;
    if (leaked === null) {
      for (let race = 0; race < racesMax; race++) {
        try {
          await keepUnresolved(report, call);
          return "unmatched";
        } catch (error) {
          // Another place of the same leak was taken meanwhile: both are in one finding.
          if (!isLost(error)) throw error;
        }
      }
      throw tooBusy("The findings are");
    }
    const done = new Set<string>();
    for (let race = 0; race < racesMax; race++) {
      const holders = await findHolders(parts, leaked, report.provider);
      const open = holders.filter((one) => !done.has(placeOf(one)));
      if (holders.length === 0 && done.size === 0) {
        await keepUnmatched(report);
        return "unmatched";
      }
      let lost = false;
      for (const holder of open) {
        try {
          await takeFor(report, call, holder);
          done.add(placeOf(holder));
        } catch (error) {
          // Somebody changed the key, or took an equal report: what there is now is read again.
          if (!isLost(error)) throw error;
          lost = true;
        }
      }
      if (!lost) return "matched";
    }
    throw tooBusy("The reported key is");
  };

  return { take };
};

/**
 * A report of a key that was off, or that was only noted, has done nothing yet: else whoever holds a secret could report
 * it at such a time, and no equal report would end the key afterwards.
 */
const isUnacted = ({ body }: DocumentRecord): boolean =>
  ["ended", "finding", "notified"].includes((body as LeakRow).outcome);

const placeOf = ({ stored: { record } }: Holder): string =>
  JSON.stringify([record.account, record.service, record.key.id]);

const tooBusy = (what: string): Refusal =>
  new Refusal("conflict", `${what} being changed by many callers at once. Try again.`);

const isLost = (error: unknown): boolean =>
  error instanceof StoreRefusal ||
  (error instanceof Refusal && ["version_mismatch", "not_found", "conflict"].includes(error.code));

const ignoreRefusal = (error: unknown): void => {
  if (!(error instanceof StoreRefusal)) throw error;
};
