import { afterAll, beforeAll } from "vitest";
import { openDynamoStore } from "../../lib/store/dynamodb.ts";
import { storeContract } from "../contract/store.ts";
import { type DynamoEngine, startDynamo } from "../support/dynamodb.ts";

let engine: DynamoEngine;
beforeAll(async () => {
  engine = await startDynamo();
});
afterAll(() => engine.stop());

for (const client of ["calls", "lightCalls"] as const) {
  const name = client === "calls" ? "the SDK" : "the light client";
  const openWith = async () => {
    const table = await engine.createTable();
    let store = openDynamoStore(engine[client](), table);
    return {
      store,
      reopen: async () => {
        await store.close();
        store = openDynamoStore(engine[client](), table);
        return store;
      },
      forget: (now: string) => engine.expire(table, now),
      close: () => store.close(),
    };
  };
  storeContract(`the store on DynamoDB, by ${name}`, openWith, { many: 40 });
}
