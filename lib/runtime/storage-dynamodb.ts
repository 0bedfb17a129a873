import { sdkKmsCalls } from "../sealing/kms-sdk-calls.ts";
import { kmsMasterKeys } from "../sealing/master-kms.ts";
import { sdkCalls } from "../store/dynamodb/sdk-calls.ts";
import { openDynamoStore } from "../store/dynamodb.ts";
import { cloudOf, verifierKeptMs } from "./cloud.ts";
import type { OpenStorage } from "./storage.ts";

/** In a table of DynamoDB, sealed by a key of KMS. */
export const dynamoStorage: OpenStorage = async (config) => {
  const { table, kmsKey } = cloudOf(config);
  return {
    store: openDynamoStore(sdkCalls(), table),
    master: kmsMasterKeys(sdkKmsCalls(), kmsKey),
    verifierKeptMs,
  };
};
