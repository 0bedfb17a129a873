import { hash } from "node:crypto";
import * as z from "zod";
import { contentText } from "../../keys/content.ts";
import type { AccountId, Key } from "../../schemas/key.ts";
import type { DocumentRecord } from "../../store/port/records.ts";
import type { Store } from "../../store/port/store.ts";
import type { Write } from "../../store/port/unit.ts";

/** What Keyway knows of the keys that a real system keeps: enough to see what changed elsewhere. */
export const knownKind = "known-key";

const known = z.object({
  /** Of its content, as it was seen last; null where Keyway passed a change on and has not looked since. */
  version: z.number().nullable(),
  /** The inventory that saw it last; null for one that no inventory has seen yet. */
  seenBy: z.string().nullable(),
});
export type Known = z.infer<typeof known>;

export const parseKnown = (body: unknown): Known => known.parse(body);

/**
 * The real systems count no versions: this is a number of the content, the same as long as that is the same. Last use
 * is no part of it, nor what no real system tells. 48 bits, so that it stays a whole number in JSON.
 */
export const contentVersion = (key: Omit<Key, "version">): number => {
  const { lastUsedAt: _, rotatedAt: __, ...content } = key;
  return 1 + Number.parseInt(hash("sha256", contentText({ ...content, version: 1 }), "hex").slice(0, 12), 16);
};

export const withContentVersion = (key: Key): Key => ({ ...key, version: contentVersion(key) });

/** A key that a change is about which was carried out. */
export interface TouchedKey {
  readonly id: string;
  readonly by: "makes" | "changes" | "removes";
  /** Of its content; null where that was not seen. */
  readonly version: number | null;
}

/** The write that brings the record of a key to what was seen, given what stands there. */
export const remember = (
  place: { readonly account: AccountId; readonly provider: string; readonly id: string },
  before: DocumentRecord | undefined,
  body: Known,
): Write => {
  const version = (before?.version ?? 0) + 1;
  const record: DocumentRecord = { ...place, kind: knownKind, region: "", version, body };
  return before === undefined
    ? { type: "insertDocument", record }
    : { type: "replaceDocument", record, expectedVersion: before.version };
};

export const isKnown = async (
  store: Pick<Store, "readDocument">,
  account: AccountId,
  provider: string,
  id: string,
): Promise<boolean> => (await store.readDocument(account, provider, knownKind, id)) !== undefined;
