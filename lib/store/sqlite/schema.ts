import { usageTables } from "./usage-tables.ts";

/**
 * `key_lists` has one row per account, provider and region: its number stands for the three in the indexes, and its
 * total is what an unfiltered list answers without counting.
 *
 * The two list indexes hold every column that a list filters or sorts by, so that a page is found in the index alone
 * and only the documents of that page are fetched.
 */
const first = `
  CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE accounts (id TEXT NOT NULL PRIMARY KEY, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE credentials (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    sub_uin TEXT NOT NULL,
    secret_id TEXT NOT NULL UNIQUE,
    token_digest TEXT NOT NULL UNIQUE,
    doc TEXT NOT NULL,
    UNIQUE (account, id),
    UNIQUE (account, sub_uin)
  ) STRICT;
  CREATE INDEX credentials_by_creation ON credentials (account, seq);

  CREATE TABLE key_lists (
    list INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    region TEXT NOT NULL,
    total INTEGER NOT NULL,
    UNIQUE (account, provider, region)
  ) STRICT;

  CREATE TABLE keys (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    service TEXT NOT NULL,
    id TEXT NOT NULL,
    list INTEGER NOT NULL REFERENCES key_lists,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    variant TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    doc TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX keys_by_id ON keys (account, id, service);
  CREATE INDEX keys_by_creation ON keys (list, created_at, seq, status, variant, name, id);
  CREATE INDEX keys_by_name ON keys (list, name, seq, status, variant, id, created_at);

  CREATE TABLE secrets (
    key INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    sealed TEXT NOT NULL,
    digest TEXT,
    PRIMARY KEY (key, generation)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX secrets_by_digest ON secrets (digest);

  CREATE TABLE aliases (
    account TEXT NOT NULL,
    service TEXT NOT NULL,
    alias TEXT NOT NULL,
    key INTEGER NOT NULL,
    PRIMARY KEY (account, service, alias)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX aliases_by_key ON aliases (key);

  CREATE TABLE counters (
    account TEXT NOT NULL,
    counter TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (account, counter)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE audit_heads (
    account TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE audit_entries (
    account TEXT NOT NULL,
    seq INTEGER NOT NULL,
    prev TEXT NOT NULL,
    hash TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (account, seq)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE refusals (
    account TEXT NOT NULL,
    minute TEXT NOT NULL,
    principal TEXT NOT NULL,
    action TEXT NOT NULL,
    code TEXT NOT NULL,
    count INTEGER NOT NULL,
    last_ip TEXT NOT NULL,
    last_request_id TEXT NOT NULL,
    PRIMARY KEY (account, minute, principal, action, code)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    time TEXT NOT NULL,
    subject TEXT NOT NULL,
    version INTEGER NOT NULL,
    data TEXT NOT NULL
  ) STRICT;

  CREATE TABLE wrapped_keys (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    account TEXT NOT NULL,
    master_id TEXT NOT NULL,
    wrapped TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (purpose, account)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX wrapped_keys_by_master ON wrapped_keys (master_id, id);
`;

/** Several secrets of one key while a rotation's grace lasts, and what a service keeps besides keys. */
const second = `
  ALTER TABLE secrets ADD COLUMN until TEXT;

  CREATE TABLE documents (
    seq INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    region TEXT NOT NULL,
    version INTEGER NOT NULL,
    doc TEXT NOT NULL,
    UNIQUE (account, provider, kind, id)
  ) STRICT;
  CREATE INDEX documents_by_creation ON documents (account, provider, kind, region, seq);
`;

const third = `
  ALTER TABLE documents ADD COLUMN until TEXT;
  CREATE INDEX documents_by_end ON documents (until) WHERE until IS NOT NULL;
`;

/**
 * Budgets that are spent, and how keys are used. Last uses stand beside the keys and not in them: they come without a
 * new version.
 */
const fourth = `
  CREATE TABLE spends (
    account TEXT NOT NULL,
    counter TEXT NOT NULL,
    window TEXT NOT NULL,
    used INTEGER NOT NULL,
    until TEXT,
    PRIMARY KEY (account, counter, window)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX spends_by_end ON spends (until) WHERE until IS NOT NULL;

  CREATE TABLE settlements (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    until TEXT NOT NULL,
    PRIMARY KEY (account, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX settlements_by_end ON settlements (until);

  CREATE TABLE last_uses (
    key INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    at TEXT NOT NULL,
    ip TEXT NOT NULL,
    PRIMARY KEY (key, generation)
  ) STRICT, WITHOUT ROWID;
`;

/**
 * Where a presented secret is found: small rows, many of which fit a page. The stamp is another one after each write of the
 * key, random over the 53 bits that a number holds: whoever has what was read under a stamp has what stands there. Triggers
 * give it, so that no write can forget it and a disabled key has another one from the same commit on.
 */
const fifth = `
  CREATE TABLE presented (
    digest TEXT NOT NULL,
    key INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    stamp INTEGER NOT NULL,
    PRIMARY KEY (digest, key, generation)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO presented
    SELECT digest, key, generation, random() >> 11 FROM secrets WHERE digest IS NOT NULL;
  DROP INDEX secrets_by_digest;

  CREATE TRIGGER secret_added AFTER INSERT ON secrets WHEN NEW.digest IS NOT NULL BEGIN
    INSERT INTO presented VALUES (NEW.digest, NEW.key, NEW.generation, random() >> 11);
  END;
  CREATE TRIGGER secret_changed BEFORE UPDATE ON secrets BEGIN
    SELECT raise(ABORT, 'a secret is replaced by another row, never changed');
  END;
  CREATE TRIGGER secret_removed AFTER DELETE ON secrets WHEN OLD.digest IS NOT NULL BEGIN
    DELETE FROM presented WHERE digest = OLD.digest AND key = OLD.key AND generation = OLD.generation;
  END;
  CREATE TRIGGER key_changed AFTER UPDATE OF doc ON keys BEGIN
    UPDATE presented SET stamp = random() >> 11 WHERE (digest, key, generation) IN
      (SELECT digest, key, generation FROM secrets WHERE key = NEW.seq AND digest IS NOT NULL);
  END;
`;

/** What jobs are about, found by when it is due, and the log of events, read account by account. */
const seventh = `
  ALTER TABLE documents ADD COLUMN due TEXT;
  CREATE INDEX documents_by_due ON documents (kind, due) WHERE due IS NOT NULL;
  CREATE INDEX events_by_account ON events (account, seq);
`;

/** Each brings a file from the version before to its own (index + 1). One that was released is never changed. */
export const migrations: readonly string[] = [first, second, third, fourth, fifth, usageTables, seventh];

export const schemaVersion = migrations.length;

/** Every table of ours but `presented`, which follows from the others. */
export const tables = [
  "meta",
  "accounts",
  "credentials",
  "key_lists",
  "keys",
  "secrets",
  "aliases",
  "counters",
  "documents",
  "spends",
  "settlements",
  "usage",
  "usage_latencies",
  "usage_log",
  "last_uses",
  "deleted_keys",
  "audit_heads",
  "audit_entries",
  "refusals",
  "events",
  "wrapped_keys",
] as const;
