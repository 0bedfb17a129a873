import { vi } from "vitest";
import { openDynamoStore } from "../../lib/store/dynamodb.ts";
import type { Store } from "../../lib/store/port/store.ts";
import { type DynamoEngine, startDynamo } from "./dynamodb.ts";
import { startKms, type TestKms } from "./kms.ts";

/** What a function finds in AWS: a table, a key of KMS, and in its environment how to reach them. */
export interface TestCloud {
  readonly engine: DynamoEngine;
  readonly kms: TestKms;
  readonly variables: Readonly<Record<string, string>>;
  /** Another process's view of the table. */
  openStore(): Store;
  stop(): Promise<void>;
}

export const startCloud = async (): Promise<TestCloud> => {
  const [engine, kms] = await Promise.all([startDynamo(), startKms()]);
  const table = await engine.createTable();
  return {
    engine,
    kms,
    variables: {
      ...engine.env,
      AWS_ENDPOINT_URL_KMS: kms.url,
      KEYWAY_TABLE: table,
      KEYWAY_KMS_KEY: kms.keyId,
    },
    openStore: () => openDynamoStore(engine.calls(), table),
    stop: async () => {
      await kms.stop();
      await engine.stop();
    },
  };
};

/** The SDK reads the environment of the process. */
export const stubCloud = ({ variables }: TestCloud): void => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
};
