import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, it } from "vitest";
import { databaseFile } from "../../../lib/runtime/data-folder.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";

/** Callers name models: 210,000 of them in one day, as a few hundred keys may leave behind. One is called twice. */

const names = 210_000;
const dayMs = 86_400_000;
const today = Math.floor(Date.now() / dayMs) * dayMs;

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
  const db = new DatabaseSync(databaseFile(keyway.folder));
  db.prepare(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${names - 1})
     INSERT INTO usage SELECT 'day', ?, ?, 'aione', 'key-' || (i / 1000), 'model-' || i, '', '', 'VALID',
       1 + (i = 777), 0, 0, 1, 1, 0, 0, 0, 0 FROM n`,
  ).run(today, rootAccount);
  db.close();
});
afterAll(() => keyway.stop());

const read = async (path: string) => {
  const { status, body } = await facadeOf(keyway).call("GET", path);
  return { status, body };
};

it("are ranked on the facade, and all are in the total", async () => {
  const { status, body } = await read("/v1/usage?step=day&groupBy=model");
  expect([status, body]).toMatchObject([
    200,
    { total: { requests: names + 1, tokens: { input: names } }, groupsLeft: 20_001 - 100 },
  ]);
  // What is beyond the names that are told apart is one group, of which no single steps are known.
  const { items } = body as { items: readonly { group: string; requests: number }[] };
  expect(items).toHaveLength(99);
  expect(items[0]).toMatchObject({ group: "model-777", requests: 2 });
});

it("are too many for AIone's list, whose answer has no pages", async () => {
  expect((await read("/api/v1/obs/usage?range_days=2")).status).toBe(422);
});
