/**
 * Latencies stand beside the counts: most rows have none, and those that do few classes. The names of deleted keys stay
 * as long as their usage.
 */
export const usageTables = `
  ALTER TABLE usage ADD COLUMN reserved_tokens INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE usage ADD COLUMN spent_tokens INTEGER NOT NULL DEFAULT 0;

  CREATE TABLE usage_latencies (
    account TEXT NOT NULL,
    step TEXT NOT NULL,
    time INTEGER NOT NULL,
    provider TEXT NOT NULL,
    key TEXT NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    team TEXT NOT NULL,
    outcome TEXT NOT NULL,
    kind INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (account, step, time, provider, key, model, endpoint, team, outcome, kind)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX usage_latencies_by_time ON usage_latencies (step, time);

  CREATE TABLE deleted_keys (
    account TEXT NOT NULL,
    service TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    deleted_at INTEGER NOT NULL,
    PRIMARY KEY (account, service, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deleted_keys_by_time ON deleted_keys (deleted_at);
`;
