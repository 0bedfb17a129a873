import type { WriterKind } from "../store/sqlite/writer.ts";
import type { OpenStorage } from "./storage.ts";
import { sqliteStorage } from "./storage-sqlite.ts";

/**
 * What the configuration names, for processes that serve both. The client of DynamoDB is loaded where it is used: an idle
 * server on a file would keep it in its memory.
 */
export const storageOf =
  (writer: WriterKind): OpenStorage =>
  async (config) => {
    if (config.cloud === undefined) return sqliteStorage(writer)(config);
    const { dynamoStorage } = await import("./storage-dynamodb.ts");
    return dynamoStorage(config);
  };
