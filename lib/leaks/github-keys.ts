import * as z from "zod";
import { Refusal } from "../errors.ts";
import { send } from "../providers/upstream/outbound.ts";
import { type GithubKey, githubKey } from "../signing/github-report.ts";
import type { GithubSettings } from "./settings.ts";

export interface GithubKeys {
  /** Undefined for a key that GitHub does not publish; `unavailable` where nothing is known of its keys yet. */
  find(id: string): Promise<GithubKey | undefined>;
}

const freshMs = 3_600_000;
/** Whoever makes up ids of keys must not make us call GitHub each time. */
const betweenMs = 60_000;
const timeoutMs = 5000;
const listLengthMax = 256 * 1024;
const keysMax = 100;

const published = z.object({
  public_keys: z
    .array(z.object({ key_identifier: z.string().min(1).max(256), key: z.string() }))
    .max(keysMax),
});

/**
 * Kept for an hour, then asked for again by what changed. While GitHub cannot be reached, the keys that were known go on
 * being good: a report that is not believed is a key that stays open.
 */
export const openGithubKeys = ({ keysUrl, token }: GithubSettings, clock: () => Date): GithubKeys => {
  let keys: ReadonlyMap<string, GithubKey> | undefined;
  let etag: string | null = null;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let underWay: Promise<void> | undefined;

  const fetchList = async (): Promise<void> => {
    const { status, headers, text } = await send({
      method: "GET",
      url: keysUrl,
      headers: {
        accept: "application/json",
        ...(token !== null && { authorization: `Bearer ${token.expose()}` }),
        ...(etag !== null && keys !== undefined && { "if-none-match": etag }),
      },
      body: undefined,
      signal: AbortSignal.timeout(timeoutMs),
      isAlone: true,
    });
    if (status === 304 && keys !== undefined) {
      fetchedAt = clock().getTime();
      return;
    }
    if (status !== 200 || text.length > listLengthMax) return;
    const list = published.parse(JSON.parse(text)).public_keys;
    const read = list.map((one) => githubKey(one.key_identifier, one.key)).filter((one) => one !== undefined);
    // An empty list is no list: it would make every report a forgery.
    if (read.length === 0) return;
    keys = new Map(read.map((one) => [one.id, one]));
    etag = headers.etag ?? null;
    fetchedAt = clock().getTime();
  };

  /** A list that cannot be had or read changes nothing. */
  const refresh = (): Promise<void> => {
    underWay ??= fetchList()
      .catch(() => undefined)
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  };

  return {
    find: async (id) => {
      const now = clock().getTime();
      // A clock that was set back makes no list younger.
      const isFresh = Math.abs(now - fetchedAt) < freshMs;
      if (isFresh && keys?.has(id) === true) return keys.get(id);
      if (underWay !== undefined || Math.abs(now - triedAt) >= betweenMs) {
        if (underWay === undefined) triedAt = now;
        await refresh();
      }
      if (keys !== undefined) return keys.get(id);
      throw new Refusal("unavailable", "GitHub's keys could not be read. Send the report again.", {
        headers: { "retry-after": "60" },
      });
    },
  };
};
