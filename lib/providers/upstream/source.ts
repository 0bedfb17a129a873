import * as z from "zod";
import type { Key } from "../../schemas/key.ts";
import { ForeignCursor } from "../../store/port.ts";
import type { Caller } from "../caller.ts";
import type { Source } from "../port.ts";
import { refused } from "./refusal.ts";
import { meets, newestFirst, type Snapshots } from "./snapshots.ts";
import type { System } from "./system.ts";

const place = z.tuple([z.string(), z.string(), z.string()]);

/**
 * A real system's keys as one stream. They sort in their own ways, so a list is read whole and kept for a while under
 * the id that the cursor names; with the place itself in the cursor, a snapshot that is gone is read anew.
 */
export const upstreamSource = (
  name: string,
  system: System,
  snapshots: Snapshots,
  { clock, uuid }: { readonly clock: () => Date; readonly uuid: () => string },
): Source => {
  const readAll = async (caller: Caller, id: string, signal: AbortSignal): Promise<readonly Key[]> => {
    const keys: Key[] = [];
    for await (const page of system.pages(caller)) {
      for (const { key } of page.keys) keys.push(key);
      // Whoever asked has stopped waiting.
      if (signal.aborted) break;
    }
    keys.sort(newestFirst);
    if (!signal.aborted) snapshots.keep(id, keys, clock().getTime());
    return keys;
  };

  return {
    name,
    page: async (caller, criteria, after, limit, signal) => {
      const [id, createdAt, keyId] = after === null ? [uuid(), undefined, undefined] : placeOf(after);
      const keys =
        snapshots.find(id, clock().getTime()) ?? (await readAll(caller, id, signal).catch(refused(name)));
      const isBeyond = (key: Key): boolean =>
        createdAt === undefined ||
        key.createdAt < createdAt ||
        (key.createdAt === createdAt && key.id < (keyId ?? ""));
      const listed = [];
      for (const key of keys) {
        if (listed.length === limit) break;
        if (!isBeyond(key) || !meets(key, criteria)) continue;
        listed.push({ key, cursor: JSON.stringify([id, key.createdAt, key.id]) });
      }
      return listed;
    },
  };
};

const placeOf = (cursor: string): z.infer<typeof place> => {
  try {
    return place.parse(JSON.parse(cursor));
  } catch {
    throw new ForeignCursor();
  }
};
