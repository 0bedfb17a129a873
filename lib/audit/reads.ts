import type { AccountId } from "../schemas/key.ts";
import type { Store } from "../store/port/store.ts";
import type { Actor } from "./entry.ts";

interface Reader {
  readonly account: { readonly id: AccountId };
  readonly actor: Actor;
  readonly requestId: string;
  readonly action: string;
}

/** What one caller read by one action from one address: each target, and the requests that read it. */
interface Reading {
  readonly actor: Actor;
  readonly action: string;
  readonly targets: Record<string, string[]>;
}

interface Group {
  time: string;
  /** Different targets, all readers together. */
  targets: number;
  readonly readings: Map<string, Reading>;
  readonly written: Promise<void>;
}

/** An entry lists at most this many targets, so that one entry stays small. */
const targetsMax = 200;

/**
 * Readings of plaintext secrets. Each is written before its reply leaves, but those that wait while an entry of their
 * account is being written share the next one: a busy reader costs one synced write for many replies.
 */
export interface ReadRecorder {
  /** Resolves once the reading stands in the account's chain of readings. */
  record(reader: Reader, target: string, time: string): Promise<void>;
}

export const openReadRecorder = (store: Store): ReadRecorder => {
  const waiting = new Map<AccountId, Group>();
  const writing = new Map<AccountId, Promise<void>>();

  const write = async (account: AccountId): Promise<void> => {
    const group = waiting.get(account);
    if (group === undefined) throw new Error("no readings wait");
    waiting.delete(account);
    const readings = [...group.readings.values()];
    const [first] = readings;
    if (first === undefined) throw new Error("a group without readings");
    const done = store.recordReading(account, {
      time: group.time,
      requestId: Object.values(first.targets)[0]?.[0] ?? "",
      actor: first.actor,
      action: "keyway:ReadSecrets",
      target: group.targets === 1 ? (Object.keys(first.targets)[0] ?? null) : null,
      details: { readings },
    });
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    writing.set(account, settled);
    await done.finally(() => {
      if (writing.get(account) === settled) writing.delete(account);
    });
  };

  const open = (account: AccountId, time: string): Group => {
    const before = writing.get(account);
    // Without an entry under way, the end of this turn of the loop closes the group.
    const ready = before ?? new Promise<void>((resolve) => setImmediate(resolve));
    const group: Group = { time, targets: 0, readings: new Map(), written: ready.then(() => write(account)) };
    waiting.set(account, group);
    return group;
  };

  return {
    record: async (reader, target, time) => {
      const account = reader.account.id;
      let group = waiting.get(account);
      while (group !== undefined && group.targets >= targetsMax) {
        await group.written;
        group = waiting.get(account);
      }
      group ??= open(account, time);
      group.time = time;
      const { actor, action, requestId } = reader;
      const name = `${actor.credential} ${actor.ip} ${action}`;
      let reading = group.readings.get(name);
      if (reading === undefined) {
        reading = { actor, action, targets: {} };
        group.readings.set(name, reading);
      }
      const requests = reading.targets[target];
      if (requests === undefined) {
        reading.targets[target] = [requestId];
        group.targets += 1;
      } else requests.push(requestId);
      return group.written;
    },
  };
};
