import { Refusal } from "../errors.ts";
import { StoreRefusal } from "../store/port/unit.ts";
import { findHolders, type Holder } from "./match.ts";
import { openNoKey } from "./no-key.ts";
import { openTakeOfKey } from "./of-key.ts";
import type { LeakParts } from "./parts.ts";
import type { LeakCall, LeakReport } from "./report.ts";
import { shortened } from "./rows.ts";

export interface LeakInbox {
  /** Whether a key of ours has the secret. When it is answered, what the key's policy wants has been done. */
  take(report: LeakReport, call: LeakCall): Promise<"matched" | "unmatched">;
  /** Its sender says that what it had told without a secret is over. */
  end(report: LeakReport, call: LeakCall): Promise<void>;
}

/** Each lost race means that somebody else changed the key or took an equal report. */
const racesMax = 50;

export const openInbox = (parts: LeakParts): LeakInbox => {
  const { vault } = parts;
  const { keepUnmatched, keepUnresolved, endUnresolved } = openNoKey(parts);
  const takeOfKey = openTakeOfKey(parts);

  /** A sender's own text, which is only compared: what is kept of it shows nothing. */
  const withOwnDelivery = (report: LeakReport): LeakReport => ({
    ...report,
    delivery: report.delivery === null ? null : shortened(vault.digest(`delivery\n${report.delivery}`)),
  });

  const take: LeakInbox["take"] = async (sent, call) => {
    const report = withOwnDelivery(sent);
    const { leaked } = report;
    if (leaked === null) {
      await untilWritten(() => keepUnresolved(report, call));
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
          await takeOfKey(report, call, holder);
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
    end: (sent, call) => untilWritten(() => endUnresolved(withOwnDelivery(sent), call)),
  };
};

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

const placeOf = ({ stored: { record } }: Holder): string =>
  JSON.stringify([record.account, record.service, record.key.id]);

const tooBusy = (what: string): Refusal =>
  new Refusal("conflict", `${what} being changed by many callers at once. Try again.`);

const isLost = (error: unknown): boolean =>
  error instanceof StoreRefusal ||
  (error instanceof Refusal && ["version_mismatch", "not_found", "conflict"].includes(error.code));
