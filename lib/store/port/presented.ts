import type { KeyRecord } from "../../keys/record.ts";
import type { Key } from "../../schemas/key.ts";
import type { SealedSecret } from "./records.ts";

/** What a verdict on a presented secret is made of. */

/** Of a key what no verdict is about: it may change without a word to those who verify. */
export const untoldFields = [
  "description",
  "native",
  "preview",
  "tags",
  "updatedAt",
  "version",
  "lastUsedAt",
  "graceLastUse",
  "rotatedAt",
] as const satisfies readonly (keyof Key)[];

export interface PresentedRecord extends Omit<KeyRecord, "key"> {
  readonly key: Omit<Key, (typeof untoldFields)[number]>;
}

/** What a verdict on a presented secret is made of, read at one moment. */
export interface PresentedKey {
  readonly record: PresentedRecord;
  /** Which of the key's secrets was presented, and when it ends. */
  readonly secret: Pick<SealedSecret, "generation" | "until">;
  /** The body of the account's own rules document; undefined where it has none. */
  readonly accountRules: unknown;
}
