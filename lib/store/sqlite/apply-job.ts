import type { DatabaseSync } from "node:sqlite";
import type { Job, JobResult } from "./job.ts";
import { prepareDocumentWrites } from "./write-documents.ts";
import { prepareAddRefusals } from "./write-refusals.ts";
import { prepareUnit } from "./write-unit.ts";
import { prepareWrappedKeyWrites } from "./write-wrapped-keys.ts";

const done: JobResult = { type: "done" };

/** Applies one job inside a transaction that is already open. */
export const prepareJobs = (db: DatabaseSync): ((job: Job) => JobResult) => {
  const writeUnit = prepareUnit(db);
  const addRefusals = prepareAddRefusals(db);
  const documents = prepareDocumentWrites(db);
  const wrapped = prepareWrappedKeyWrites(db);

  return (job) => {
    switch (job.type) {
      case "unit":
        return { type: "head", head: writeUnit(job.unit) };
      case "addRefusals":
        addRefusals(job.counts);
        return done;
      case "keepWrappedKey":
        return { type: "wrapped", row: wrapped.keep(job.row) };
      case "setMasterId":
        wrapped.setMasterId(job.id);
        return done;
      case "pruneDocuments":
        documents.prune(job.now);
        return done;
      case "rewrap":
        wrapped.rewrap(job.rows);
        return done;
    }
  };
};
