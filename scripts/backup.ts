import { backUp } from "../lib/runtime/backup.ts";
import { readDataFolder } from "../lib/runtime/data-folder.ts";
import { existingData, run, say, TaskFault } from "./task.ts";

/** `npm run backup -- FILE` */
run(async () => {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new TaskFault("Say where to: npm run backup -- FILE");
  const dataFolder = readDataFolder(process.env);
  existingData(dataFolder);
  await backUp(dataFolder, file, (left, all) => say(`${all - left} of ${all} pages`));
  say(`${file} holds the data and the keys that open it. Keep it like the data folder itself.`);
});
