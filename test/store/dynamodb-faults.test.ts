import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { AwsFailure } from "../../lib/aws/failure.ts";
import { Unavailable } from "../../lib/errors.ts";
import type { AccountId } from "../../lib/schemas/key.ts";
import { openDynamoStore } from "../../lib/store/dynamodb.ts";
import type { Store } from "../../lib/store/port/store.ts";
import { stepMs, type UsageRow, type UsageStep } from "../../lib/store/port/usage.ts";
import { followChain } from "../contract/store/chain.ts";
import {
  commit,
  deleteKey,
  freshAccount,
  insertKey,
  keyQuery,
  keyRecord,
  withKey,
} from "../contract/store/samples.ts";
import { type DynamoEngine, startDynamo } from "../support/dynamodb.ts";
import { type DynamoFaults, startDynamoFaults } from "../support/dynamodb-faults.ts";

/** What a table does under load, and a network in between: nothing is half done, and what is told is true. */

let engine: DynamoEngine;
let faults: DynamoFaults;
let store: Store;
let straight: Store;
beforeAll(async () => {
  engine = await startDynamo();
  faults = await startDynamoFaults(engine.endpoint);
});
afterAll(async () => {
  await faults.stop();
  await engine.stop();
});

const count = (account: AccountId, max?: number) =>
  ({ type: "count", account, counter: "keys", by: 1, ...(max !== undefined && { max }) }) as const;

const documentOf = (account: AccountId, id: string, body: string) => ({
  account,
  provider: "tokenhub",
  kind: "note",
  id,
  region: "",
  version: 1,
  body,
});

const usageRow = (account: AccountId): UsageRow => ({
  account,
  ...{ provider: "aione", key: "key-1", team: "", model: "", endpoint: "", outcome: "VALID" },
  time: Date.parse("2026-07-01T00:00:00Z"),
  counts: {
    ...{ requests: 1, reservedTokens: 0, spentTokens: 0, inputTokens: 0, outputTokens: 0, cacheTokens: 0 },
    ...{ timed: 0, latencyMs: 0, failed: 0 },
  },
  latencies: [],
});

const outcomeOf = (error: unknown): unknown => error instanceof Unavailable && error.outcome;

describe.each(["calls", "lightCalls"] as const)("by %s", (client) => {
  beforeAll(async () => {
    const table = await engine.createTable();
    store = openDynamoStore(engine[client](faults.url), table);
    straight = openDynamoStore(engine[client](), table);
  });
  afterEach(() => faults.heal());
  afterAll(async () => {
    await store.close();
    await straight.close();
  });

  describe("a commit", () => {
    it.each(["ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"])(
      "outlasts a passing %s",
      async (code) => {
        const account = freshAccount();
        faults.answerInstead("TransactWriteItems", code, 2);
        await commit(store, account, count(account));
        expect(await straight.readCounter(account, "keys")).toBe(1);
      },
    );

    it("whose answer is lost is done once, and answered", async () => {
      const account = freshAccount();
      faults.loseAnswers("TransactWriteItems", 1);
      const head = await commit(store, account, count(account), insertKey(keyRecord(account)));
      expect(head.seq).toBe(1);
      expect(await straight.readCounter(account, "keys")).toBe(1);
      expect((await straight.listKeys(keyQuery(account))).total).toBe(1);
    });

    it("whose every answer is lost is found in its chain", async () => {
      const account = freshAccount();
      faults.loseAnswers("TransactWriteItems", 100);
      const head = await commit(store, account, count(account));
      faults.heal();
      expect(await straight.readAuditHead(account)).toEqual(head);
      expect(await straight.readCounter(account, "keys")).toBe(1);
    });

    it("that a busy table never takes is refused, and nothing of it is there", async () => {
      const account = freshAccount();
      faults.answerInstead("TransactWriteItems", "ThrottlingException", 100);
      const refused = commit(store, account, count(account), insertKey(keyRecord(account)));
      await expect(refused).rejects.toSatisfy((error) => outcomeOf(error) === "nothing");
      faults.heal();
      expect(await straight.readCounter(account, "keys")).toBe(0);
      expect((await straight.readAuditHead(account)).seq).toBe(0);
      await commit(store, account, count(account));
    });

    it("that the table cannot hold is refused alone: those it would share a transaction with are made", async () => {
      const account = freshAccount();
      const large = withKey(keyRecord(account), { description: "x".repeat(450_000) });
      const settled = await Promise.allSettled(
        [count(account), count(account), insertKey(large), count(account)].map((write) =>
          commit(store, account, write),
        ),
      );
      expect(settled.map(({ status }) => status)).toEqual([
        "fulfilled",
        "fulfilled",
        "rejected",
        "fulfilled",
      ]);
      expect(settled[2]).toMatchObject({ reason: { code: "body_too_large" } });
      expect(await straight.readCounter(account, "keys")).toBe(3);
      expect((await followChain(straight, account)).seq).toBe(3);
    });

    it("stands beside others that are too large for one transaction together", async () => {
      const account = freshAccount();
      const body = "x".repeat(300_000);
      const heads = await Promise.all(
        Array.from({ length: 16 }, (_, n) =>
          commit(straight, account, { type: "insertDocument", record: documentOf(account, `d${n}`, body) }),
        ),
      );
      expect(heads.map(({ seq }) => seq)).toEqual(heads.map((_, n) => n + 1));
    });

    it("of which nobody can tell whether it was made says so", async () => {
      const account = freshAccount();
      faults.loseAnswers("TransactWriteItems", 100);
      faults.answerInstead("BatchGetItem", "InternalServerError", 100, 1);
      const refused = commit(store, account, count(account));
      await expect(refused).rejects.toSatisfy((error) => outcomeOf(error) === "unknown");
      faults.heal();
    });
  });

  describe("a reading", () => {
    it("is refused while the table is away, and answered again after that", async () => {
      const account = freshAccount();
      await commit(store, account, count(account));
      faults.answerInstead("BatchGetItem", "InternalServerError", 100);
      const refused = store.readCounter(account, "keys");
      await expect(refused).rejects.toSatisfy((error) => outcomeOf(error) === "nothing");
      faults.heal();
      expect(await store.readCounter(account, "keys")).toBe(1);
    });

    it("goes on where a busy table left keys unread", async () => {
      const account = freshAccount();
      const record = keyRecord(account);
      await commit(store, account, insertKey(record));
      faults.leaveUnread(2);
      expect((await store.readKey(account, "tokenhub", record.key.id))?.record).toEqual(record);
    });
  });

  it("a table that never answers is given up: a change that it made is found, a reading is refused", async () => {
    const account = freshAccount();
    faults.hang("TransactWriteItems", true);
    faults.hang("Query", false);
    const [made, read] = await Promise.allSettled([
      commit(store, account, count(account)),
      store.readAudit(account, 0, 1),
    ]);
    faults.heal();
    expect(made).toMatchObject({ status: "fulfilled", value: { seq: 1 } });
    expect(read).toMatchObject({ status: "rejected", reason: { outcome: "nothing" } });
    expect(await straight.readCounter(account, "keys")).toBe(1);
  });

  describe("an update of a row that a transaction has at the moment", () => {
    const conflict = "TransactionConflictException";

    it("is made when it is free: a new master key stands", async () => {
      await straight.setMasterId("one");
      faults.answerInstead("UpdateItem", conflict, 2);
      await store.setMasterId("two");
      expect(await straight.readMasterId()).toBe("two");
    });

    it("refuses nobody for a budget that is not spent", async () => {
      const account = freshAccount();
      const take = { counter: "aione/1/requests", window: "w", until: null, max: 5, by: 1, least: 1 };
      faults.answerInstead("UpdateItem", conflict, 100);
      const refused = store.take(account, [take], true);
      await expect(refused).rejects.toSatisfy((error) => outcomeOf(error) === "nothing");
      faults.heal();
      expect((await store.take(account, [take], true)).used).toEqual([1]);
    });
  });

  it("counts of usage that a busy table took in part are made once, and the others later", async () => {
    const account = freshAccount();
    const table = await engine.createTable();
    const calls = engine[client]();
    const busy = { hours: true, all: false };
    const partly = openDynamoStore(
      {
        ...calls,
        update: (input) =>
          busy.all || (busy.hours && String(input.Key?.pk?.S).includes("#hour#"))
            ? Promise.reject(new AwsFailure("ThrottlingException", 400))
            : calls.update(input),
      },
      table,
    );
    const row = usageRow(account);
    const requests = async (step: UsageStep) => {
      const to = row.time + stepMs[step];
      const [sum] = await partly.readUsage({ account, step, from: row.time, to, by: [], where: {} });
      return sum?.counts.requests ?? 0;
    };
    await partly.addUsage([row], []);
    expect([await requests("minute"), await requests("hour"), await requests("day")]).toEqual([1, 0, 1]);

    // Nothing of these was taken: they stay with whoever gave them.
    busy.all = true;
    await expect(partly.addUsage([row], [])).rejects.toSatisfy((error) => outcomeOf(error) === "nothing");
    Object.assign(busy, { hours: false, all: false });
    await partly.addUsage([row], []);
    expect([await requests("minute"), await requests("hour"), await requests("day")]).toEqual([2, 2, 2]);

    busy.hours = true;
    await partly.addUsage([row], []);
    busy.hours = false;
    await partly.close();
    const after = openDynamoStore(engine[client](), table);
    const to = row.time + stepMs.hour;
    const sums = await after.readUsage({ account, step: "hour", from: row.time, to, by: [], where: {} });
    expect(sums.map(({ counts }) => counts.requests)).toEqual([3]);
    await after.close();
  });

  it("an offset beyond all numbers of DynamoDB is beyond the list", async () => {
    const account = freshAccount();
    const calls = engine[client]();
    const limits: number[] = [];
    const listing = openDynamoStore(
      {
        ...calls,
        query: (input) => {
          limits.push(input.Limit ?? 0);
          return calls.query(input);
        },
      },
      await engine.createTable(),
    );
    await commit(listing, account, insertKey(keyRecord(account)));
    const page = { type: "offset", offset: Number.MAX_SAFE_INTEGER - 100, limit: 20 } as const;
    expect(await listing.listKeys(keyQuery(account, { page }))).toMatchObject({ items: [], total: 1 });
    expect(limits).toEqual([1000]);
    await listing.close();
  });

  it("a page of keys of which one is deleted meanwhile has each other one's own cursor", async () => {
    const account = freshAccount();
    const table = await engine.createTable();
    const calls = engine[client]();
    const [first, second] = [keyRecord(account, { name: "a" }), keyRecord(account, { name: "b" })];
    const other = openDynamoStore(engine[client](), table);
    await commit(other, account, insertKey(first), insertKey(second));
    const listing = openDynamoStore(
      {
        ...calls,
        query: async (input) => {
          const answer = await calls.query(input);
          await commit(other, account, deleteKey(first));
          return answer;
        },
      },
      table,
    );
    const sort = { by: "name", order: "asc" } as const;
    const query = keyQuery(account, { sort, page: { type: "cursor", after: null, limit: 2 } });
    const { items, cursors } = await listing.listKeys(query);
    expect(items.map(({ key }) => key.name)).toEqual(["b"]);
    const [after = null] = cursors;
    const rest = await other.listKeys({ ...query, page: { type: "cursor", after, limit: 2 } });
    expect([cursors.length, rest.items]).toEqual([1, []]);
    await listing.close();
    await other.close();
  });

  describe("two processes on one table", () => {
    it("move one account's chain and counter by turns, and lose nothing", async () => {
      const account = freshAccount();
      const stores = [store, straight];
      const settled = await Promise.allSettled(
        Array.from({ length: 120 }, (_, n) =>
          commit(stores[n % 2] ?? store, account, count(account, 100), insertKey(keyRecord(account))),
        ),
      );
      expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(100);
      for (const one of settled) {
        if (one.status === "rejected") expect(one.reason).toMatchObject({ reason: "limit", write: "count" });
      }
      expect(await store.readCounter(account, "keys")).toBe(100);
      expect((await straight.listKeys(keyQuery(account))).total).toBe(100);
      expect((await followChain(straight, account)).seq).toBe(100);
    });

    it("a budget that others are always faster at is not told as spent", async () => {
      const account = freshAccount();
      const takes = [
        { counter: "aione/1/requests", window: "w", until: null, max: 5, by: 1, least: 1 },
      ] as const;
      faults.answerInstead("UpdateItem", "TransactionConflictException", 100);
      const taken = store.take(account, takes, false);
      await expect(taken).rejects.toSatisfy((error) => outcomeOf(error) === "nothing");
      faults.heal();
      expect(await store.take(account, takes, false)).toMatchObject({ refused: null, used: [1] });
    });

    it("give exactly what a budget has", async () => {
      const account = freshAccount();
      const take = (from: Store) =>
        from.take(
          account,
          [
            { counter: "aione/1/requests", window: "w", until: null, max: 50, by: 1, least: 1 },
            { counter: "aione/1/tokens", window: "w", until: null, max: 1000, by: 10, least: 10 },
          ],
          true,
        );
      const stores = [store, straight];
      const taken = await Promise.all(Array.from({ length: 80 }, (_, n) => take(stores[n % 2] ?? store)));
      expect(taken.filter(({ refused }) => refused === null)).toHaveLength(50);
      const spent = await store.readSpent(account, [
        { counter: "aione/1/requests", window: "w" },
        { counter: "aione/1/tokens", window: "w" },
      ]);
      expect(spent).toEqual([50, 500]);
    });
  });
});
