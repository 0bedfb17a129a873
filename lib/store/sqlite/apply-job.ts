import type { DatabaseSync } from "node:sqlite";
import { readingsOf } from "../../audit/chain-name.ts";
import type { Job, JobResult } from "./job.ts";
import { prepareUsageLogWrites } from "./usage-log.ts";
import { prepareAppendAudit } from "./write-audit.ts";
import { prepareDeletedKeyWrites } from "./write-deleted-keys.ts";
import { prepareDocumentWrites } from "./write-documents.ts";
import { prepareEventWrites } from "./write-events.ts";
import { prepareLastUseWrites } from "./write-last-uses.ts";
import { prepareAddRefusals } from "./write-refusals.ts";
import { prepareSpendWrites } from "./write-spends.ts";
import { prepareUnit } from "./write-unit.ts";
import { prepareUsageWrites } from "./write-usage.ts";
import { prepareWrappedKeyWrites } from "./write-wrapped-keys.ts";

const done: JobResult = { type: "done" };

/** Rows of a kind that one job removes: whoever waits to write waits for no more than that. */
const prunedAtOnce = 1000;

/** Applies one job inside a transaction that is already open. */
export const prepareJobs = (db: DatabaseSync): ((job: Job) => JobResult) => {
  const writeUnit = prepareUnit(db);
  const appendAudit = prepareAppendAudit(db);
  const addRefusals = prepareAddRefusals(db);
  const documents = prepareDocumentWrites(db);
  const events = prepareEventWrites(db);
  const spends = prepareSpendWrites(db);
  const usage = prepareUsageWrites(db);
  const usageLog = prepareUsageLogWrites(db, usage, prepareLastUseWrites(db));
  const wrapped = prepareWrappedKeyWrites(db);

  const deletedKeys = prepareDeletedKeyWrites(db);

  const prune = (now: string): boolean =>
    [documents, events, spends, usage, deletedKeys]
      .map((one) => one.prune(now, prunedAtOnce))
      .some((removed) => removed === prunedAtOnce);

  return (job) => {
    switch (job.type) {
      case "unit":
        return { type: "head", head: writeUnit(job.unit) };
      case "progress":
        for (const write of job.writes) documents.apply(write);
        return done;
      case "reading":
        return { type: "head", head: appendAudit(readingsOf(job.account), job.audit) };
      case "addRefusals":
        addRefusals(job.counts);
        return done;
      case "keepWrappedKey":
        return { type: "wrapped", row: wrapped.keep(job.row) };
      case "setMasterId":
        wrapped.setMasterId(job.id);
        return done;
      case "take":
        return { type: "taken", taken: spends.take(job.account, job.takes) };
      case "settle":
        return { type: "settled", isFirst: spends.settle(job) };
      case "addUsage":
        usageLog.add(job.texts);
        return done;
      case "sumUpUsage":
        return { type: "stepped", isMore: usageLog.sumUp(job.part) };
      case "pruneEnded":
        return { type: "stepped", isMore: prune(job.now) };
      case "rewrap":
        wrapped.rewrap(job.rows);
        return done;
    }
  };
};
