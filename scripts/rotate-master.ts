import { databaseFile, readDataFolder } from "../lib/runtime/data-folder.ts";
import { maintain } from "../lib/runtime/maintenance.ts";
import { masterFile } from "../lib/sealing/master-file.ts";
import { rotateMaster } from "../lib/sealing/rotate.ts";
import { inlineWriter } from "../lib/store/sqlite/inline-writer.ts";
import { openSqliteStore } from "../lib/store/sqlite.ts";
import { existingData, run, say } from "./task.ts";

run(async () => {
  const dataFolder = readDataFolder(process.env);
  existingData(dataFolder);
  await maintain(dataFolder, async () => {
    const store = await openSqliteStore({ file: databaseFile(dataFolder), writer: inlineWriter });
    try {
      const done = await rotateMaster(store, masterFile(dataFolder), (count) =>
        say(`${count} keys wrapped anew`),
      );
      say(`The master key is now ${done.masterId}; ${done.rewrapped} keys were wrapped anew. Make a backup.`);
    } finally {
      await store.close();
    }
  });
});
