import { sdkKmsCalls } from "../sealing/kms-sdk-calls.ts";
import { kmsMasterKeys } from "../sealing/master-kms.ts";
import { sdkCalls } from "../store/dynamodb/sdk-calls.ts";
import { openDynamoStore } from "../store/dynamodb.ts";
import { type Cloud, neededCloud, verifierKeptMs } from "./cloud.ts";
import type { OpenStorage, Storage } from "./storage.ts";

/** In a table of DynamoDB, sealed by a key of KMS. */
export const openInCloud = ({ table, kmsKey }: Cloud): Storage => ({
  store: openDynamoStore(sdkCalls(), table),
  master: kmsMasterKeys(sdkKmsCalls(), kmsKey),
  verifierKeptMs,
});

export const dynamoStorage: OpenStorage = async ({ cloud }) => openInCloud(neededCloud(cloud));
