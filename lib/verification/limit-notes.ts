import * as z from "zod";
import type { Profile } from "../providers/profile.ts";
import type { DocumentRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { StoreRefusal } from "../store/port/unit.ts";
import type { UsageRow } from "../store/port/usage.ts";

/**
 * That a limit refused a call, noted once for a key and a stretch of time. Who verifies has no right to write events:
 * the note is due at once, and a job makes the event of it.
 */
export const limitNoteKind = "limit-note";

export const limitNote = z.strictObject({
  service: z.string(),
  key: z.string(),
  limit: z.enum(["rate", "quota"]),
  /** The minute of the refused call. */
  time: z.string(),
});
export type LimitNote = z.infer<typeof limitNote>;

const limits: Readonly<Record<string, LimitNote["limit"]>> = {
  RATE_LIMITED: "rate",
  QUOTA_EXCEEDED: "quota",
};

const hourMs = 3_600_000;
/** After it a note is told again: of rates an hour, of quotas a day, in which the job looks for the quota's own window. */
const stretchMs: Readonly<Record<LimitNote["limit"], number>> = { rate: hourMs, quota: 24 * hourMs };
/** Notes that this process made: each is asked for once, not with every second in which the limit refuses. */
const rememberedMax = 10_000;

export interface LimitNotes {
  write(rows: readonly UsageRow[]): Promise<void>;
  /** Whether a call was refused of which this process has made no note. */
  isNews(row: NotedRow): boolean;
}

type NotedRow = Pick<UsageRow, "account" | "provider" | "key" | "outcome" | "time">;

const nameOf = ({ account, provider, id }: DocumentRecord): string => `${account}/${provider}/${id}`;

export const openLimitNotes = (
  store: Pick<Store, "progress">,
  profiles: ReadonlyMap<string, Profile>,
): LimitNotes => {
  const remembered = new Set<string>();
  const recordFor = (row: NotedRow): DocumentRecord | undefined =>
    recordOf(row, profiles.get(row.provider)?.service);

  const note = async (record: DocumentRecord): Promise<void> => {
    const name = nameOf(record);
    if (remembered.has(name)) return;
    try {
      await store.progress([{ type: "insertDocument", record }]);
    } catch (error) {
      // Another process was faster.
      if (!(error instanceof StoreRefusal)) throw error;
    }
    if (remembered.size >= rememberedMax) remembered.clear();
    remembered.add(name);
  };

  return {
    write: async (rows) => {
      for (const row of rows) {
        const record = recordFor(row);
        if (record !== undefined) await note(record);
      }
    },
    isNews: (row) => {
      const record = recordFor(row);
      return record !== undefined && !remembered.has(nameOf(record));
    },
  };
};

const recordOf = (
  { account, provider, key, outcome, time }: NotedRow,
  service: string | undefined,
): DocumentRecord | undefined => {
  const limit = limits[outcome];
  if (limit === undefined || service === undefined) return undefined;
  const start = time - (time % stretchMs[limit]);
  const at = new Date(time).toISOString();
  const body: LimitNote = { service, key, limit, time: at };
  return {
    account,
    provider,
    kind: limitNoteKind,
    id: `${limit} ${new Date(start).toISOString()} ${key}`,
    region: "",
    version: 1,
    body,
    due: at,
    until: new Date(start + 2 * stretchMs[limit]).toISOString(),
  };
};
