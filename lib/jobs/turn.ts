import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { type DocumentWrite, StoreRefusal, type Unit } from "../store/port/unit.ts";
import { leaseMs } from "./job.ts";

/** What one part of a turn writes, together with the place that it came to. */
export interface Part<Body> {
  readonly writes: readonly DocumentWrite[];
  readonly after: Body;
  /** Of a part that tells of something. */
  readonly told?: Pick<Unit, "audit" | "events"> | undefined;
}

export interface Turn<Body> {
  /** How far the job is. */
  progress(): Body;
  take(part: (before: Body) => Promise<Part<Body>>): Promise<void>;
  /** Lets go of the document until it is due again. */
  end(after: Body, due: number): Promise<void>;
}

interface Parts {
  readonly store: Pick<Store, "commit" | "progress" | "readDocument">;
  readonly clock: () => Date;
}

/** Documents that others moved at the same moment; then they are read again. */
const racesMax = 50;

/** The parts of one turn, each with the next version of the document that says how far it is. */
export const openTurn = <Body>(
  { store, clock }: Parts,
  held: DocumentRecord,
  parse: (record: DocumentRecord) => Body,
): Turn<Body> => {
  const { account } = held;
  let record = held;
  const save = async ({ writes, after, told }: Part<Body>, due: number): Promise<void> => {
    const version = record.version + 1;
    const next = { ...record, version, body: after, due: new Date(due).toISOString() };
    const all: readonly DocumentWrite[] = [
      { type: "replaceDocument", record: next, expectedVersion: record.version },
      ...writes,
    ];
    if (told === undefined) await store.progress(all);
    else await store.commit({ account, writes: all, ...told });
    record = next;
  };
  const isMine = async (): Promise<boolean> =>
    (await store.readDocument(account, held.provider, held.kind, held.id))?.version === record.version;

  return {
    progress: () => parse(record),
    take: async (part) => {
      for (let race = 0; ; race++) {
        const made = await part(parse(record));
        try {
          return await save(made, clock().getTime() + leaseMs);
        } catch (error) {
          if (!(error instanceof StoreRefusal) || race === racesMax || !(await isMine())) throw error;
        }
      }
    },
    end: (after, due) => save({ writes: [], after }, due),
  };
};
