/**
 * Step and time stand first, in every reading and in what is forgotten: the tables need no index besides themselves,
 * which would hold nearly all of a row again. Latencies stand beside the counts: most rows have none, and those that do
 * few classes. The names of deleted keys stay as long as their usage.
 */
export const usageTables = `
  CREATE TABLE usage (
    step TEXT NOT NULL,
    time INTEGER NOT NULL,
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    key TEXT NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    team TEXT NOT NULL,
    outcome TEXT NOT NULL,
    requests INTEGER NOT NULL,
    reserved_tokens INTEGER NOT NULL,
    spent_tokens INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_tokens INTEGER NOT NULL,
    timed INTEGER NOT NULL,
    latency_ms REAL NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (step, time, account, provider, key, model, endpoint, team, outcome)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE usage_latencies (
    step TEXT NOT NULL,
    time INTEGER NOT NULL,
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    key TEXT NOT NULL,
    model TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    team TEXT NOT NULL,
    outcome TEXT NOT NULL,
    kind INTEGER NOT NULL,
    calls INTEGER NOT NULL,
    PRIMARY KEY (step, time, account, provider, key, model, endpoint, team, outcome, kind)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE usage_log (seq INTEGER PRIMARY KEY, part INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
  CREATE INDEX usage_log_by_part ON usage_log (part, seq);

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
