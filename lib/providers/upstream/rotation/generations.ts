import * as z from "zod";
import type { AccountId, Key, KeyId } from "../../../schemas/key.ts";
import type { DocumentRecord } from "../../../store/port/records.ts";
import type { Store } from "../../../store/port/store.ts";
import type { DocumentWrite } from "../../../store/port/unit.ts";

const kind = "generation";

const body = z.object({
  /** The real system's id of the key that callers mean. */
  current: z.string(),
  /** Keys of the real system that are this one, too, and are not shown: the replaced one, or one that is not ready. */
  others: z.array(z.string()),
  /** How long the replaced one goes on working; null where there is none. */
  graceUntil: z.string().nullable(),
  /** The rotation under way. */
  rotation: z.string().nullable(),
});

/** The real system's keys that stand, or stood, behind one id of the facade. */
export interface Generation extends z.infer<typeof body> {
  readonly key: string;
  readonly version: number;
}

const recordOf = (
  account: AccountId,
  provider: string,
  { key, version, ...rest }: Generation,
): DocumentRecord => ({ account, provider, kind, id: key, region: "", version, body: rest });

/** As they stand at one moment: of a provider there are as many as keys that were ever rotated this way. */
export interface Generations {
  of(key: string): Generation | undefined;
  /** Whether callers know this key of the real system by another id, or not at all. */
  isHidden(id: string): boolean;
  /** The id by which callers know this key of the real system. */
  knownAs(id: string): string;
  /** The key as callers know it; undefined for one that is not shown. */
  shown(key: Key, now: Date): Key | undefined;
}

export const readGenerations = async (
  store: Pick<Store, "listDocuments">,
  account: AccountId,
  provider: string,
): Promise<Generations> => {
  const all = (await store.listDocuments(account, provider, kind, "")).map(
    ({ id, version, body: stored }): Generation => ({ ...body.parse(stored), key: id, version }),
  );
  const byKey = new Map(all.map((one) => [one.key, one]));
  const byCurrent = new Map(all.map((one) => [one.current, one]));
  const hidden = new Set(all.flatMap(({ others }) => others));
  const keyOf = new Map(
    all.flatMap(({ key, current, others }) => [current, ...others].map((id) => [id, key])),
  );
  return {
    of: (key) => byKey.get(key),
    isHidden: (id) => !byKey.has(id) && (hidden.has(id) || byCurrent.has(id)),
    knownAs: (id) => keyOf.get(id) ?? id,
    shown: (key, now) => {
      const one = byCurrent.get(key.id);
      if (one !== undefined) return asKnown(key, one, now);
      // By its id callers mean another key by now: of the one that was replaced, a list may not know yet that it is gone.
      return hidden.has(key.id) || byKey.has(key.id) ? undefined : key;
    },
  };
};

/** A key under the id that callers know; what the real system calls it is told in `native`. */
export const asKnown = (key: Key, { key: id, current, graceUntil }: Generation, now: Date): Key => {
  if (id === current && graceUntil === null) return key;
  const native = isObject(key.native) ? { ...key.native, currentId: current } : key.native;
  const isGrace = graceUntil !== null && Date.parse(graceUntil) > now.getTime();
  return { ...key, id: id as KeyId, native, graceUntil: isGrace ? graceUntil : null };
};

const isObject = (value: unknown): value is Record<string, never> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What `native` of a rotated key has that its service knows nothing of; another value is left to be refused. */
export const withoutCurrentId = (native: Key["native"], current: string): Key["native"] => {
  if (!isObject(native)) return native;
  const { currentId, ...rest } = native;
  return currentId === current ? rest : native;
};

/** The write that makes it what it is to be; null for a key that is what the real system calls it again. */
export const generationWrite = (
  place: { readonly account: AccountId; readonly provider: string; readonly key: string },
  before: Generation | undefined,
  after: Pick<Generation, "current" | "others" | "graceUntil" | "rotation"> | null,
): readonly DocumentWrite[] => {
  const { account, provider, key } = place;
  if (after === null) {
    if (before === undefined) return [];
    const record = recordOf(account, provider, before);
    return [{ type: "deleteDocument", record, expectedVersion: before.version }];
  }
  const version = (before?.version ?? 0) + 1;
  const record = recordOf(account, provider, { ...after, key, version });
  return before === undefined
    ? [{ type: "insertDocument", record }]
    : [{ type: "replaceDocument", record, expectedVersion: before.version }];
};
