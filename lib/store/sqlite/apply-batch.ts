import type { DatabaseSync } from "node:sqlite";
import { prepareJobs } from "./apply-job.ts";
import { failureOf, isDurable, type Job, type Outcome } from "./job.ts";
import { prepare } from "./statement.ts";

/** Writes jobs in one transaction with one sync, each of them whole or not at all. */
export type ApplyBatch = (jobs: readonly Job[]) => readonly Outcome[];

/** More jobs than this wait for the next transaction, so that the first of them is not acknowledged too late. */
export const batchJobsMax = 512;

export const prepareBatch = (db: DatabaseSync): ApplyBatch => {
  const applyJob = prepareJobs(db);
  const begin = prepare(db, "BEGIN IMMEDIATE");
  const commit = prepare(db, "COMMIT");
  const rollback = prepare(db, "ROLLBACK");
  const save = prepare(db, "SAVEPOINT job");
  const release = prepare(db, "RELEASE job");
  const undo = prepare(db, "ROLLBACK TO job");

  // In WAL mode a commit without a sync keeps the file whole: a loss of power takes the last commits, and no more.
  const synced = prepare(db, "PRAGMA synchronous = FULL");
  const unsynced = prepare(db, "PRAGMA synchronous = NORMAL");
  let isSynced = true;
  const sync = (wanted: boolean): void => {
    if (wanted === isSynced) return;
    (wanted ? synced : unsynced).run();
    isSynced = wanted;
  };

  const applySaved = (job: Job): Outcome => {
    save.run();
    let outcome: Outcome;
    try {
      outcome = { type: "applied", result: applyJob(job) };
    } catch (error) {
      // A full disk ends the whole transaction, and with it what the jobs before this one wrote.
      if (!db.isTransaction) throw error;
      undo.run();
      outcome = failureOf(error);
    }
    release.run();
    return outcome;
  };

  /** A job that has the transaction to itself needs no savepoint. */
  const applyAlone = (job: Job): Outcome => {
    try {
      return { type: "applied", result: applyJob(job) };
    } catch (error) {
      if (db.isTransaction) rollback.run();
      return failureOf(error);
    }
  };

  return (jobs) => {
    const [only, ...more] = jobs;
    try {
      sync(jobs.some(isDurable));
      begin.run();
      if (only !== undefined && more.length === 0) {
        const outcome = applyAlone(only);
        if (db.isTransaction) commit.run();
        return [outcome];
      }
      const outcomes = jobs.map(applySaved);
      commit.run();
      return outcomes;
    } catch (error) {
      if (db.isTransaction) rollback.run();
      const failure = failureOf(error);
      return jobs.map(() => failure);
    }
  };
};
