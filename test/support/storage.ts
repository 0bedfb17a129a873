import { basename } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll } from "vitest";
import { verifierKeptMs as cloudVerifierKeptMs } from "../../lib/runtime/cloud.ts";
import { databaseFile } from "../../lib/runtime/data-folder.ts";
import type { AccountId } from "../../lib/schemas/key.ts";
import { eventPlace } from "../../lib/store/dynamodb/places.ts";
import { textOf } from "../../lib/store/dynamodb/row.ts";
import { openTable } from "../../lib/store/dynamodb/table.ts";
import { openDynamoStore } from "../../lib/store/dynamodb.ts";
import type { StoredEvent } from "../../lib/store/port/records.ts";
import type { Store } from "../../lib/store/port/store.ts";
import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { threadWriter } from "../../lib/store/sqlite/thread-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import { startCloud, type TestCloud } from "./cloud.ts";

/**
 * Where the Keyways of a run keep what they have: SQLite in their folders, or, by `npm run test:dynamodb`, a table for
 * each folder. A Keyway that is started again in its folder finds there what it left.
 */
const isOnDynamo = process.env.KEYWAY_TEST_STORE === "dynamodb";

/** How long a credential that is removed may go on verifying. */
export const verifierKeptMs = isOnDynamo ? cloudVerifierKeptMs : 0;

let cloud: Promise<TestCloud> | undefined;

const started = async (): Promise<TestCloud> => {
  const one = await startCloud();
  // The SDK reads the environment of the process.
  Object.assign(process.env, one.variables);
  return one;
};

export const storageVariables = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  if (!isOnDynamo) return { KEYWAY_DATA: folder };
  cloud ??= started();
  const { engine, kms } = await cloud;
  const table = await engine.createTable(basename(folder));
  return { KEYWAY_DATA: folder, KEYWAY_TABLE: table, KEYWAY_KMS_KEY: kms.keyId };
};

const running = async (): Promise<TestCloud> => {
  if (cloud === undefined) throw new Error("no Keyway was started");
  return cloud;
};

/** Two more stores on what a Keyway keeps, each with a writer and a reader of its own, as two processes have. */
export const openTwoStores = async (folder: string): Promise<readonly [Store, Store]> => {
  if (isOnDynamo) {
    const { engine } = await running();
    const open = (): Store => openDynamoStore(engine.calls(), basename(folder));
    return [open(), open()];
  }
  const file = databaseFile(folder);
  return Promise.all([
    openSqliteStore({ file, writer: threadWriter }),
    openSqliteStore({ file, writer: inlineWriter }),
  ]);
};

/** What was written to be told, of one key, in its order. */
export const eventsAbout = async (
  folder: string,
  account: AccountId,
  subject: string,
): Promise<readonly Omit<StoredEvent, "id" | "seq">[]> => {
  if (isOnDynamo) {
    const { engine } = await running();
    const table = openTable(engine.calls(), basename(folder));
    const found: StoredEvent[] = [];
    for await (const row of table.query({ pk: eventPlace(account, 0).pk })) {
      found.push(...(JSON.parse(textOf(row, "events")) as StoredEvent[]));
    }
    return found.filter((event) => event.subject === subject);
  }
  const db = new DatabaseSync(databaseFile(folder), { readOnly: true });
  const rows = db
    .prepare("SELECT type, version, time, data FROM events WHERE account = ? AND subject = ? ORDER BY seq")
    .all(account, subject);
  db.close();
  return rows.map(({ type, version, time, data }) => ({
    type: String(type),
    version: Number(version),
    time: String(time),
    subject,
    data: JSON.parse(String(data)),
  }));
};

/** Once the tests of a file are done. */
export const stopStorage = (): void => {
  afterAll(async () => {
    await (await cloud)?.stop();
    cloud = undefined;
  });
};
