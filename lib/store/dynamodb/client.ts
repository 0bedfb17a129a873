import { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** A call to a table takes milliseconds: one that takes seconds is better sent again. */
const connectMs = 1000;
const answerMs = 3000;
const attempts = 4;

/** Region, credentials and address come from where the SDK looks for them: the environment, above all. */
export const dynamoClient = (): DynamoDBClient =>
  new DynamoDBClient({
    maxAttempts: attempts,
    requestHandler: { connectionTimeout: connectMs, requestTimeout: answerMs },
  });
