import type { AuditDraft, ChainHead, RefusalCount } from "../../audit/entry.ts";
import type { AccountId } from "../../schemas/key.ts";
import type { Move, Take, Taken } from "../port/budgets.ts";
import type { WrappedKey } from "../port/records.ts";
import { type DocumentWrite, type RefusalReason, StoreRefusal, type Unit, type Write } from "../port/unit.ts";
import type { UsageText } from "./usage-text.ts";

export interface Rewrapping {
  readonly row: WrappedKey;
  readonly from: string;
}

/** Everything that writes, as plain data: it crosses into the writer's thread. */
export type Job =
  | { readonly type: "unit"; readonly unit: Unit }
  | { readonly type: "progress"; readonly writes: readonly DocumentWrite[] }
  | { readonly type: "reading"; readonly account: AccountId; readonly audit: AuditDraft }
  | { readonly type: "addRefusals"; readonly counts: readonly RefusalCount[] }
  | { readonly type: "keepWrappedKey"; readonly row: WrappedKey }
  | { readonly type: "setMasterId"; readonly id: string }
  | {
      readonly type: "take";
      readonly account: string;
      readonly takes: readonly Take[];
      readonly durable: boolean;
    }
  | {
      readonly type: "settle";
      readonly account: string;
      readonly id: string;
      readonly until: string;
      readonly moves: readonly Move[];
    }
  | { readonly type: "addUsage"; readonly texts: readonly UsageText[] }
  | { readonly type: "sumUpUsage"; readonly part: number }
  | { readonly type: "pruneEnded"; readonly now: string }
  | { readonly type: "rewrap"; readonly rows: readonly Rewrapping[] };

export type JobResult =
  | { readonly type: "head"; readonly head: ChainHead }
  | { readonly type: "wrapped"; readonly row: WrappedKey | undefined }
  | { readonly type: "taken"; readonly taken: Taken }
  | { readonly type: "settled"; readonly isFirst: boolean }
  /** Of work that is done in steps. */
  | { readonly type: "stepped"; readonly isMore: boolean }
  | { readonly type: "done" };

const losable: readonly Job["type"][] = ["progress", "addUsage", "sumUpUsage", "pruneEnded"];

/** Whether its loss in a crash of the machine would break a promise: those jobs wait for the disk. */
export const isDurable = (job: Job): boolean =>
  job.type === "take" ? job.durable : !losable.includes(job.type);

/** How a job ended, as plain data. */
export type Outcome =
  | { readonly type: "applied"; readonly result: JobResult }
  | { readonly type: "refused"; readonly reason: RefusalReason; readonly write: Write["type"] }
  | { readonly type: "failed"; readonly message: string };

export const failureOf = (error: unknown): Outcome => {
  if (error instanceof StoreRefusal) return { type: "refused", reason: error.reason, write: error.write };
  return { type: "failed", message: error instanceof Error ? error.message : String(error) };
};

export const errorOf = (outcome: Exclude<Outcome, { type: "applied" }>): Error =>
  outcome.type === "refused"
    ? new StoreRefusal(outcome.reason, outcome.write)
    : new Error(`the store could not write: ${outcome.message}`);

type ResultOf<Type extends JobResult["type"]> = Extract<JobResult, { type: Type }>;

/** Each type of job has its type of result. */
export const expectResult = <Type extends JobResult["type"]>(
  result: JobResult,
  type: Type,
): ResultOf<Type> => {
  if (hasType(result, type)) return result;
  throw new Error(`the writer answered ${result.type} instead of ${type}`);
};

const hasType = <Type extends JobResult["type"]>(result: JobResult, type: Type): result is ResultOf<Type> =>
  result.type === type;
