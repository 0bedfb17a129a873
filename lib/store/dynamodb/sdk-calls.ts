import {
  BatchGetItemCommand,
  DynamoDBClient,
  type DynamoDBClientConfig,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { failureOf } from "../../aws/sdk-failure.ts";
import type { DynamoCalls } from "./calls.ts";

/** A call to a table takes milliseconds: one that takes seconds is better sent again. */
const connectMs = 1000;
const answerMs = 3000;
const attempts = 4;
/** Calls that are under way at once; more wait for one of these connections. */
const maxSockets = 512;

/** Region, credentials and address come from where the SDK looks for them, the environment above all, unless given. */
export const sdkCalls = (
  where: Pick<DynamoDBClientConfig, "endpoint" | "region" | "credentials"> = {},
): DynamoCalls => {
  const client = new DynamoDBClient({
    ...where,
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connectMs,
      requestTimeout: answerMs,
      // Without it the SDK prints a warning and goes on waiting.
      throwOnRequestTimeout: true,
      httpAgent: { maxSockets },
      httpsAgent: { maxSockets },
    },
  });
  const told = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw failureOf(error);
    }
  };
  return {
    batchGet: (input) => told(client.send(new BatchGetItemCommand(input))),
    query: (input) => told(client.send(new QueryCommand(input))),
    update: (input) => told(client.send(new UpdateItemCommand(input))),
    transact: (input) => told(client.send(new TransactWriteItemsCommand(input))),
    close: () => client.destroy(),
  };
};
