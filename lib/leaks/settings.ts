import type { KeyObject } from "node:crypto";
import type { Secret } from "../keys/secret.ts";
import type { WebhookKey } from "../signing/standard-webhooks.ts";

/** What `keyway.json` says of those who report. A sender that is not named is not listened to: its path is not there. */
export interface LeakSettings {
  readonly github?: GithubSettings;
  readonly githubRepository?: GithubRepositorySettings;
  readonly gitlab?: GitlabSettings;
  readonly gitguardian?: { readonly token: Secret };
  readonly reports?: { readonly keys: readonly WebhookKey[] };
}

/** The sender's names for kinds of tokens, and the provider whose keys they are; without one, keys of any. */
export type TokenTypes = Readonly<Record<string, string>>;

export interface GithubSettings {
  /** Where GitHub publishes the keys that it signs with. */
  readonly keysUrl: string;
  /** Without it GitHub answers fewer calls. It needs no scope. */
  readonly token: Secret | null;
  readonly types: TokenTypes;
}

export interface GithubRepositorySettings {
  readonly secret: KeyObject;
  /** Where alerts are read that come without their secret; null where they only become findings. */
  readonly alerts: { readonly url: string; readonly token: Secret } | null;
}

/** One of the two at least. */
export interface GitlabSettings {
  readonly token: Secret | null;
  readonly keys: readonly WebhookKey[];
  readonly types: TokenTypes;
}

export const providerOf = (types: TokenTypes, type: string): string | null =>
  Object.hasOwn(types, type) ? (types[type] ?? null) : null;
