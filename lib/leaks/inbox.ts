import { rootAccountId } from "../access/root.ts";
import { Refusal } from "../errors.ts";
import { findingEvent } from "../findings/event.ts";
import { findingId, findingKind, findingWrite, isTold, storedTold } from "../findings/finding.ts";
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
import { keyFinding } from "./findings.ts";
import { findHolders, type Holder, type LeakTargets } from "./match.ts";
import { type LeakCall, type LeakReport, toldBy } from "./report.ts";
import {
  againWrite,
  type Digests,
  digestsOf,
  findStanding,
  type LeakRow,
  rowWrites,
  type Standing,
  shortened,
} from "./rows.ts";
import { unmatchedAllowance } from "./unmatched.ts";
import { openUnresolved } from "./unresolved.ts";

export interface LeakParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
  readonly targets: LeakTargets;
}

export interface LeakInbox {
  /** Whether a key of ours has the secret. When it is answered, what the key's policy wants has been done. */
  take(report: LeakReport, call: LeakCall): Promise<"matched" | "unmatched">;
  /** Its sender says that what it had told without a secret is over. */
  end(report: LeakReport, call: LeakCall): Promise<void>;
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
      const more = finding === null ? nothingFound : await findingFor(account, key, finding, now);
      const { writes, events } = beside(outcome, key, more.writes);
      const audit = auditDraft(caller, `${key.provider}/${key.id}`, now.toISOString());
      await store.commit({ account, writes, audit, events: [...events, ...more.events] });
    };
    const carried = await carryOut(decision, holder, caller, beside);
    if (!carried.changed) await keep(carried);
  };

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

  /** A sender's own text, which is only compared: what is kept of it shows nothing. */
  const withOwnDelivery = (report: LeakReport): LeakReport => ({
    ...report,
    delivery: report.delivery === null ? null : shortened(vault.digest(`delivery\n${report.delivery}`)),
  });

  const unresolved = openUnresolved(parts, {
    callerFor: (report, call) => callerFor(report, call, rootAccountId),
    rowOf: (report) => rowOfNoKey(report, "unresolved"),
  });

  const take: LeakInbox["take"] = async (sent, call) => {
    const report = withOwnDelivery(sent);
    const { leaked } = report;
    if (leaked === null) {
      await untilWritten(() => unresolved.keep(report, call));
      return "unmatched";
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

  return {
    take,
    end: (sent, call) => untilWritten(() => unresolved.end(withOwnDelivery(sent), call)),
  };
};

interface Found {
  readonly writes: readonly DocumentWrite[];
  readonly events: readonly EventDraft[];
}
const nothingFound: Found = { writes: [], events: [] };

/** Lost to another word about the same leak, which is read then. */
const untilWritten = async (write: () => Promise<void>): Promise<void> => {
  for (let race = 0; race < racesMax; race++) {
    try {
      return await write();
    } catch (error) {
      if (!isLost(error)) throw error;
    }
  }
  throw tooBusy("The findings are");
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
