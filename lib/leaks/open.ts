import { type RateLimiter, rateLimiter } from "../keys/rate.ts";
import { type GithubKeys, openGithubKeys } from "./github-keys.ts";
import { type LeakInbox, openInbox } from "./inbox.ts";
import type { LeakParts } from "./parts.ts";
import type { LeakSettings } from "./settings.ts";

/** Everything that takes reports. */
export interface Leaks {
  readonly inbox: LeakInbox;
  readonly settings: LeakSettings;
  /** Where GitHub's reports are listened to. */
  readonly githubKeys: GithubKeys | undefined;
  /** Of who reports without proof, by address. */
  readonly limiter: RateLimiter;
  readonly sleep: (ms: number) => Promise<void>;
}

/** By one address: a storm is cut off, and whoever reports one after the other never meets it. */
const openReportsPerSecond = 100;

export const openLeaks = (
  parts: LeakParts & { readonly sleep: (ms: number) => Promise<void> },
  settings: LeakSettings,
): Leaks => ({
  inbox: openInbox(parts),
  settings,
  githubKeys: settings.github && openGithubKeys(settings.github, parts.clock),
  limiter: rateLimiter(openReportsPerSecond),
  sleep: parts.sleep,
});
