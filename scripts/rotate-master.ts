import { databaseFile, readDataFolder } from "../lib/runtime/data-folder.ts";
import { maintain } from "../lib/runtime/maintenance.ts";
import { masterFile } from "../lib/sealing/master-file.ts";
import type { Progress, Rewrapped } from "../lib/sealing/rewrap.ts";
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

run(async () => {
  const { masterId, rewrapped } = await rotateInFolder(readDataFolder(process.env));
  say(`The master key is now ${masterId}; ${rewrapped} keys were wrapped anew. Make a backup.`);
});
