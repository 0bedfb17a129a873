import { afterAll, beforeAll } from "vitest";
import { openDynamoStore } from "../../lib/store/dynamodb.ts";
import { storeContract } from "../contract/store.ts";
import { type DynamoEngine, startDynamo } from "../support/dynamodb.ts";

let engine: DynamoEngine;
beforeAll(async () => {
  engine = await startDynamo();
});
afterAll(() => engine.stop());

storeContract(
  "the store on DynamoDB",
  async () => {
    const name = await engine.createTable();
    let store = openDynamoStore(engine.client(), name);
    return {
      store,
      reopen: async () => {
        await store.close();
        store = openDynamoStore(engine.client(), name);
        return store;
      },
      forget: (now) => engine.expire(name, now),
      close: () => store.close(),
    };
  },
  { many: 40 },
);
