import * as z from "zod";
import type { Profile } from "../providers/profile.ts";
import { type DocumentRecord, type Store, StoreRefusal, type UsageRow } from "../store/port.ts";

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

export type NoteLimits = (rows: readonly UsageRow[]) => Promise<void>;

export const openLimitNotes = (
  store: Pick<Store, "progress">,
  profiles: ReadonlyMap<string, Profile>,
): NoteLimits => {
  const remembered = new Set<string>();

  const note = async (record: DocumentRecord): Promise<void> => {
    const name = `${record.account}/${record.provider}/${record.id}`;
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

  return async (rows) => {
    for (const row of rows) {
      const record = recordOf(row, profiles.get(row.provider)?.service);
      if (record !== undefined) await note(record);
    }
  };
};

const recordOf = (
  { account, provider, key, outcome, time }: UsageRow,
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
