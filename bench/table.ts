import { sdkKmsCalls } from "../lib/sealing/kms-sdk-calls.ts";
import { kmsMasterKeys } from "../lib/sealing/master-kms.ts";
import { openDynamoStore } from "../lib/store/dynamodb.ts";
import { type DynamoEngine, startDynamo } from "../test/support/dynamodb.ts";
import { kmsClient, startKms, type TestKms } from "../test/support/kms.ts";
import { type Meter, metered } from "../test/support/metered.ts";
import { type OpenedHouse, openOn, type Seed, type Setting } from "./house.ts";

/** An engine of DynamoDB beside this process, on the same machine, and a KMS in it. */
export interface Tables {
  readonly engine: DynamoEngine;
  readonly kms: TestKms;
}

export const withTables = async <Result>(use: (tables: Tables) => Promise<Result>): Promise<Result> => {
  const [engine, kms] = await Promise.all([startDynamo(), startKms()]);
  try {
    return await use({ engine, kms });
  } finally {
    await kms.stop();
    await engine.stop();
  }
};

/** The house on a table, in this process. */
export const openOnTable = async (
  { engine, kms }: Tables,
  table: string,
  setting: Setting,
  seed: Seed,
): Promise<OpenedHouse & { readonly meter: Meter }> => {
  const meter = metered(engine.calls());
  const opened = await openOn(setting, seed, async () => ({
    store: openDynamoStore(meter.calls, table),
    master: kmsMasterKeys(sdkKmsCalls(kmsClient(kms)), kms.keyId),
    verifierKeptMs: 5000,
  }));
  return { ...opened, meter };
};

/** What a server on the table needs to be told. */
export const tableEnv = ({ engine, kms }: Tables, table: string, setting: Setting) => ({
  ...setting.env,
  ...engine.env,
  AWS_ENDPOINT_URL_KMS: kms.url,
  KEYWAY_TABLE: table,
  KEYWAY_KMS_KEY: kms.keyId,
});
