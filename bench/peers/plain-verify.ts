import { hash, randomBytes, randomUUID } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as z from "zod";

/** What one service writes for its own keys: it knows one kind of key and one account, and keeps no records. */
export interface PlainKeys {
  /** Those that this opening made. Stored are only their hashes. */
  readonly keys: readonly string[];
  /** Throws what zod throws. */
  verify(input: unknown): PlainVerdict;
  close(): void;
}

export interface PlainVerdict {
  readonly valid: boolean;
  readonly code: "VALID" | "NOT_FOUND" | "DISABLED" | "EXPIRED" | "IP_DENIED" | "RATE_LIMITED";
  readonly keyId: string | null;
  readonly name: string | null;
  readonly owner: string | null;
  readonly expiresAt: string | null;
  /** Requests that the minute has left. */
  readonly remaining: number | null;
  /** Seconds. */
  readonly retryAfter: number | null;
}

const verifyInput = z.object({
  key: z.string().min(1).max(4096),
  ip: z
    .string()
    .refine((ip) => isIP(ip) !== 0, { message: "must be an IP address" })
    .optional(),
});

interface Row {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly status: string;
  readonly expires_at: number | null;
  readonly ip_allowlist: string;
  readonly requests_per_minute: number;
}

const schema = `
  CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'enabled',
    expires_at INTEGER,
    ip_allowlist TEXT NOT NULL DEFAULT '[]',
    requests_per_minute INTEGER NOT NULL
  ) STRICT`;

const minuteMs = 60_000;
/** Counted with each verification, and never reached. */
const requestsPerMinute = 1_000_000_000;

/** Opens the store in the folder, makes it if there is none, and adds keys with an allowlist, or without one. */
export const openPlain = (folder: string, count: number, allowlist: readonly string[] = []): PlainKeys => {
  const db = new DatabaseSync(join(folder, "plain.sqlite"));
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
  db.exec(schema);
  const keys = addKeys(db, count, allowlist);
  const select = db.prepare(
    `SELECT id, name, owner, status, expires_at, ip_allowlist, requests_per_minute
     FROM keys WHERE hash = ?`,
  );
  const take = limiter();

  return {
    keys,
    verify: (input) => {
      const { key, ip } = verifyInput.parse(input);
      const row = select.get(hash("sha256", key)) as Row | undefined;
      if (row === undefined) return unknownKey;
      const now = Date.now();
      const told = (code: PlainVerdict["code"], remaining: number | null = null): PlainVerdict => ({
        valid: code === "VALID",
        code,
        keyId: row.id,
        name: row.name,
        owner: row.owner,
        expiresAt: row.expires_at === null ? null : new Date(row.expires_at).toISOString(),
        remaining,
        retryAfter: code === "RATE_LIMITED" ? Math.ceil((minuteMs - (now % minuteMs)) / 1000) : null,
      });
      if (row.status !== "enabled") return told("DISABLED");
      if (row.expires_at !== null && row.expires_at <= now) return told("EXPIRED");
      if (!isAllowed(row.ip_allowlist, ip)) return told("IP_DENIED");
      const remaining = take(row.id, row.requests_per_minute, now);
      return remaining < 0 ? told("RATE_LIMITED", 0) : told("VALID", remaining);
    },
    close: () => db.close(),
  };
};

const unknownKey: PlainVerdict = {
  valid: false,
  code: "NOT_FOUND",
  keyId: null,
  name: null,
  owner: null,
  expiresAt: null,
  remaining: null,
  retryAfter: null,
};

/** How many requests a key has left in this minute after this one; less than none if it has none. */
const limiter = (): ((id: string, limit: number, now: number) => number) => {
  const counts = new Map<string, number>();
  let minute = 0;
  return (id, limit, now) => {
    const current = Math.floor(now / minuteMs);
    if (current !== minute) {
      counts.clear();
      minute = current;
    }
    const count = (counts.get(id) ?? 0) + 1;
    if (count > limit) return -1;
    counts.set(id, count);
    return limit - count;
  };
};

/** Lists are made once for each text. */
const lists = new Map<string, BlockList | "all">();

const listOf = (text: string): BlockList | "all" => {
  const known = lists.get(text);
  if (known !== undefined) return known;
  const allowlist: readonly string[] = JSON.parse(text);
  const list = new BlockList();
  for (const entry of allowlist) {
    const [address = "", prefix] = entry.split("/");
    if (prefix === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(prefix), familyOf(address));
  }
  const made = allowlist.length === 0 ? "all" : list;
  lists.set(text, made);
  return made;
};

const isAllowed = (text: string, ip: string | undefined): boolean => {
  const list = listOf(text);
  return list === "all" || (ip !== undefined && list.check(ip, familyOf(ip)));
};

const familyOf = (ip: string): "ipv4" | "ipv6" => (ip.includes(":") ? "ipv6" : "ipv4");

const addKeys = (db: DatabaseSync, count: number, allowlist: readonly string[]): readonly string[] => {
  const insert = db.prepare(
    `INSERT INTO keys (id, hash, name, owner, ip_allowlist, requests_per_minute)
     VALUES (?, ?, ?, 'bench', ?, ?)`,
  );
  const keys: string[] = [];
  db.exec("BEGIN");
  for (let place = 0; place < count; place++) {
    const key = `pk_${randomBytes(24).toString("base64url")}`;
    insert.run(
      randomUUID(),
      hash("sha256", key),
      `key-${place}`,
      JSON.stringify(allowlist),
      requestsPerMinute,
    );
    keys.push(key);
  }
  db.exec("COMMIT");
  return keys;
};
