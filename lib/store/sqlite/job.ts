import type { ChainHead, RefusalCount } from "../../audit/entry.ts";
import { type RefusalReason, StoreRefusal, type Unit, type WrappedKey, type Write } from "../port.ts";

export interface Rewrapping {
  readonly row: WrappedKey;
  readonly from: string;
}

/** Everything that writes, as plain data: it crosses into the writer's thread. */
export type Job =
  | { readonly type: "unit"; readonly unit: Unit }
  | { readonly type: "addRefusals"; readonly counts: readonly RefusalCount[] }
  | { readonly type: "keepWrappedKey"; readonly row: WrappedKey }
  | { readonly type: "setMasterId"; readonly id: string }
  | { readonly type: "pruneDocuments"; readonly now: string }
  | { readonly type: "rewrap"; readonly rows: readonly Rewrapping[] };

export type JobResult =
  | { readonly type: "head"; readonly head: ChainHead }
  | { readonly type: "wrapped"; readonly row: WrappedKey | undefined }
  | { readonly type: "done" };

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
