import type * as z from "zod";
import type { Material } from "../keys/material.ts";
import type { RandomBytes } from "../keys/random.ts";
import type { Secret } from "../keys/secret.ts";
import type { Key, KeyId, KeyStatus, ServiceName } from "../schemas/key.ts";

/**
 * What differs between services, in one place: the embedded engine has no branch for any of them. Its schemas are lazy,
 * because those who verify keys know all services, and start sooner without what they never parse.
 */
export interface Profile {
  readonly service: ServiceName;
  /** Of a Tencent service, which is called by API 3.0; null for one with paths and bearer tokens of its own. */
  readonly apiVersion: string | null;
  /** The names by which its calls and replies tell a key's id. */
  readonly keyIds: readonly string[];
  /** The names of other ids that a call may be about. */
  readonly otherIds?: readonly string[];
  /**
   * A new key's id and secret, made together because a pair's material holds its id; `now` dates ids. `chosen` is what
   * the creator brought along: a service either takes it by its own rules or refuses it.
   */
  readonly issue: (
    random: RandomBytes,
    now: Date,
    chosen: Material | undefined,
  ) => { readonly id: KeyId; readonly material: Material };
  /** The secret that takes the place of a key's present one. */
  readonly renew: (random: RandomBytes, key: Key, chosen: Material | undefined) => Material;
  /** Whether a replaced secret may go on working for a grace. */
  readonly overlap: boolean;
  /** How long it does where nobody says; `settings` are the provider's own. 0 without overlap. */
  readonly graceSeconds: (settings: unknown) => number;
  /** The secret that a caller presents and the key is found by; null for what nobody presents. */
  readonly presented: (material: Material) => Secret | null;
  /** Of a service whose keys have a checksum: whether a text has their form and is certainly none of them. */
  readonly mistyped?: (presented: string) => boolean;
  /**
   * Whether somebody chose this key's secret, who may have chosen it badly and has to choose the next one, too; `always`
   * where the service makes none, and without it, the service makes all of them.
   */
  readonly isChosen?: "always" | ((key: Pick<Key, "native">) => boolean);
  /** What of `native` names the scope, taken out; without it, nothing does. */
  readonly withoutScope?: (native: Key["native"]) => Key["native"];
  /** Whether its callers sign their requests with a key's pair, as API Gateway's do, instead of presenting the secret. */
  readonly signs?: true;
  /** Whether its real system shows the secret of a key at any time, so that it can be tried where the key is used. */
  readonly probed?: true;
  /** The material with each secret in it as it may be shown. */
  readonly mask: (material: Material) => Material;
  /** Likewise in a key's preview, where the service's own mask shows too much for that. */
  readonly preview?: (material: Material) => Material;
  /** The service's own sub-kind of a key, which its list filters by. */
  readonly variantOf: (key: Pick<Key, "scope" | "native">, kind: Material["kind"]) => string;
  /** What of a key has no canonical twin; nothing else is stored as `native`, whatever door it came through. */
  readonly native: z.ZodType<Key["native"]>;
  /** The documented bounds of canonical fields, by their canonical names; whatever it does not name has none. */
  readonly fields: z.ZodType;
  /** Whether each region has keys of its own. */
  readonly regional: boolean;
  readonly rules: Rules;
  /** Keys an account may hold by default, over all regions, disabled ones included. */
  readonly keysMax: number;
  /** What only this service's providers can be told in the configuration. */
  readonly settings: z.ZodObject;
  /** Those of them that mean nothing where a real system keeps the keys. */
  readonly embeddedOnly: readonly string[];
}

/**
 * What the service refuses to do with a key, as a `Refusal`. The engine asks before every write, so no door to it,
 * native or facade, leads around them. What a service has no rule for, it allows.
 */
export interface Rules {
  readonly create?: (draft: KeyDraft) => void;
  readonly change?: (before: Key, after: Key) => void;
  readonly setStatus?: (before: Key, status: KeyStatus) => void;
  readonly renew?: (key: Key, now: Date) => void;
  readonly remove?: (key: Key) => void;
}

/** The fields of a key that its creator decides. */
export type KeyDraft = Pick<
  Key,
  "name" | "description" | "status" | "scope" | "ipAllowlist" | "limits" | "native"
> &
  Partial<Pick<Key, "sandbox" | "expiresAt" | "tags">> & { readonly team?: string | null };
