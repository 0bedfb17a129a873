import { lightCall, wires } from "../aws/light.ts";
import { lightKmsCalls } from "../sealing/kms-light-calls.ts";
import { kmsMasterKeys } from "../sealing/master-kms.ts";
import { lightCalls } from "../store/dynamodb/light-calls.ts";
import { openDynamoStore } from "../store/dynamodb.ts";
import { neededCloud, verifierKeptMs } from "./cloud.ts";
import type { OpenStorage } from "./storage.ts";

/** The same table and key without the SDK, for functions whose callers wait for each start. */
export const lightStorage: OpenStorage = async ({ cloud }) => {
  const { table, kmsKey } = neededCloud(cloud);
  return {
    store: openDynamoStore(lightCalls(lightCall(wires.dynamodb, process.env)), table),
    master: kmsMasterKeys(lightKmsCalls(lightCall(wires.kms, process.env)), kmsKey),
    verifierKeptMs,
  };
};
