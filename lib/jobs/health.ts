import * as z from "zod";
import type { AccountId } from "../schemas/key.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { type DocumentWrite, StoreRefusal } from "../store/port/unit.ts";
import { leaseMs } from "./job.ts";

/** In the operator's account: jobs are the house's own. */
const kind = "job-fault";

const body = z.object({
  since: z.string(),
  /** The kind of error, never its text, which may be a caller's. */
  reason: z.string(),
});

export interface JobFault extends z.infer<typeof body> {
  readonly job: string;
}

export interface JobHealth {
  failed(job: string, error: unknown): Promise<void>;
  /** Of a round without a fault. */
  worked(job: string): Promise<void>;
  /** Of all processes. */
  faults(): Promise<readonly JobFault[]>;
}

interface Parts {
  readonly store: Pick<Store, "commit" | "readDocument" | "listDocuments">;
  /** Who runs this house. */
  readonly operator: AccountId;
  readonly clock: () => Date;
  readonly uuid: () => string;
  readonly onError: (job: string, reason: string) => void;
}

/** A document at which a job fails comes again when its lease ends: until it has not, the job is not well. */
const quietMs = 2 * leaseMs;

/** Stored only when it changes: a job that fails each second, or works, writes nothing. */
export const openJobHealth = ({ store, operator, clock, uuid, onError }: Parts): JobHealth => {
  /** What this process knows of each job. Undefined: nothing yet, so that what is stored has to be looked at. */
  const isFailing = new Map<string, boolean>();
  const failedAt = new Map<string, number>();

  const change = async (job: string, reason: string | undefined): Promise<void> => {
    const time = clock().toISOString();
    const before = await store.readDocument(operator, "", kind, job);
    if ((before === undefined) === (reason === undefined)) return;
    const record: DocumentRecord = {
      account: operator,
      provider: "",
      kind,
      id: job,
      region: "",
      version: (before?.version ?? 0) + 1,
      body: { since: time, reason: reason ?? "" },
    };
    const write: DocumentWrite =
      before === undefined
        ? { type: "insertDocument", record }
        : { type: "deleteDocument", record, expectedVersion: before.version };
    const type = before === undefined ? "job.failed" : "job.recovered";
    const data = { job, ...(reason !== undefined && { reason }) };
    await store.commit({
      account: operator,
      writes: [write],
      audit: {
        time,
        requestId: uuid(),
        actor: { credential: "[job]", subUin: operator, ip: "" },
        action: before === undefined ? "keyway:JobFailed" : "keyway:JobRecovered",
        target: `job/${job}`,
        details: data,
      },
      // A fault comes and goes, and so does its record.
      events: [{ id: uuid(), type, time, subject: `job/${job}`, version: Date.parse(time), data }],
    });
  };

  /** A store that is away cannot be told of it either: it is tried again at the next change. */
  const told = async (job: string, reason: string | undefined): Promise<void> => {
    const wanted = reason !== undefined;
    // That it fails is looked at each time: a process that began since, for which it works, may have said otherwise.
    if (!wanted && isFailing.get(job) === false) return;
    try {
      await change(job, reason);
      isFailing.set(job, wanted);
    } catch (error) {
      if (!(error instanceof StoreRefusal)) onError(job, nameOf(error));
    }
  };

  return {
    failed: async (job, error) => {
      const reason = nameOf(error);
      failedAt.set(job, clock().getTime());
      onError(job, reason);
      await told(job, reason);
    },
    worked: async (job) => {
      const last = failedAt.get(job);
      if (last === undefined || clock().getTime() - last >= quietMs) await told(job, undefined);
    },
    faults: async () =>
      (await store.listDocuments(operator, "", kind, "")).map((record) => ({
        job: record.id,
        ...body.parse(record.body),
      })),
  };
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");
