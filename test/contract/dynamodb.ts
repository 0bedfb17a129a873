import { afterAll, beforeAll } from "vitest";
import { openDynamoStore } from "../../lib/store/dynamodb.ts";
import { type DynamoEngine, startDynamo } from "../support/dynamodb.ts";
import { storeContract } from "./store.ts";

/** The contract on an engine of DynamoDB, by one of the two clients that speak to it. */
export const dynamoContract = (client: "calls" | "lightCalls", name: string): void => {
  let engine: DynamoEngine;
  beforeAll(async () => {
    engine = await startDynamo();
  });
  afterAll(() => engine.stop());

  const open = async () => {
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
  storeContract(`the store on DynamoDB, by ${name}`, open, { many: 40 });
};
