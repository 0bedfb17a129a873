import { type Cloud, readCloud } from "../lib/runtime/cloud.ts";
import { databaseFile, readDataFolder } from "../lib/runtime/data-folder.ts";
import { maintain } from "../lib/runtime/maintenance.ts";
import { openInCloud } from "../lib/runtime/storage-dynamodb.ts";
import { masterFile } from "../lib/sealing/master-file.ts";
import { type Progress, type Rewrapped, rewrapAll } from "../lib/sealing/rewrap.ts";
import { rotateMaster } from "../lib/sealing/rotate.ts";
import { inlineWriter } from "../lib/store/sqlite/inline-writer.ts";
import { openSqliteStore } from "../lib/store/sqlite.ts";
import { existingData, run, say } from "./task.ts";

const progress: Progress = (count) => say(`${count} keys wrapped anew`);

const rotateInFolder = (dataFolder: string): Promise<Rewrapped> => {
  existingData(dataFolder);
  return maintain(dataFolder, async () => {
    const store = await openSqliteStore({ file: databaseFile(dataFolder), writer: inlineWriter });
    try {
      return await rotateMaster(store, masterFile(dataFolder), progress);
    } finally {
      await store.close();
    }
  });
};

/** Everything in the table, by the key that is configured now. Several may do it at once: each wrapping changes once. */
const rotateInCloud = async (cloud: Cloud): Promise<Rewrapped> => {
  const { store, master } = openInCloud(cloud);
  try {
    return await rewrapAll(store, master, progress);
  } finally {
    await store.close();
  }
};

run(async () => {
  const cloud = readCloud(process.env);
  const { masterId, rewrapped } =
    cloud === undefined ? await rotateInFolder(readDataFolder(process.env)) : await rotateInCloud(cloud);
  const then =
    cloud === undefined ? "Make a backup." : "Leave the key before it enabled while a backup may need it.";
  say(`The master key is now ${masterId}; ${rewrapped} keys were wrapped anew. ${then}`);
});
