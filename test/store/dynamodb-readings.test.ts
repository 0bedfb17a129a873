import { afterAll, beforeAll, expect, it } from "vitest";
import { readingsOf } from "../../lib/audit/chain-name.ts";
import type { DynamoCalls } from "../../lib/store/dynamodb/calls.ts";
import { openDynamoStore } from "../../lib/store/dynamodb.ts";
import { followChain } from "../contract/store/chain.ts";
import { auditDraft, commit, freshAccount } from "../contract/store/samples.ts";
import { type DynamoEngine, startDynamo } from "../support/dynamodb.ts";

/** An account's changes and the readings of its secrets have no row in common, in one process and in two. */

let engine: DynamoEngine;
beforeAll(async () => {
  engine = await startDynamo();
});
afterAll(() => engine.stop());

interface Held {
  readonly calls: DynamoCalls;
  /** Once the first transaction was sent, which goes no further until it is released. */
  readonly isHeld: Promise<void>;
  release(): void;
  readonly transactions: () => number;
}

const holding = (given: DynamoCalls): Held => {
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let transactions = 0;
  return {
    calls: {
      ...given,
      transact: async (input) => {
        transactions += 1;
        if (transactions === 1) {
          held.resolve();
          await released.promise;
        }
        return given.transact(input);
      },
    },
    isHeld: held.promise,
    release: released.resolve,
    transactions: () => transactions,
  };
};

const reading = auditDraft("keyway:ReadSecrets");

it("while a change is under way, readings are written, and it is not decided again because of them", async () => {
  const table = await engine.createTable();
  const held = holding(engine.calls());
  const [store, other] = [openDynamoStore(held.calls, table), openDynamoStore(engine.calls(), table)];
  const account = freshAccount();
  const change = commit(store, account);
  await held.isHeld;
  expect(await store.recordReading(account, reading)).toMatchObject({ seq: 1 });
  expect(await other.recordReading(account, reading)).toMatchObject({ seq: 2 });
  held.release();
  expect(await change).toMatchObject({ seq: 1 });
  expect(held.transactions()).toBe(2);
  expect((await followChain(other, readingsOf(account))).seq).toBe(2);
  await Promise.all([store.close(), other.close()]);
});

it("while a reading is being written, changes go on", async () => {
  const table = await engine.createTable();
  const held = holding(engine.calls());
  const store = openDynamoStore(held.calls, table);
  const account = freshAccount();
  const read = store.recordReading(account, reading);
  await held.isHeld;
  expect(await commit(store, account)).toMatchObject({ seq: 1 });
  held.release();
  expect(await read).toMatchObject({ seq: 1 });
  expect(held.transactions()).toBe(2);
  await store.close();
});
