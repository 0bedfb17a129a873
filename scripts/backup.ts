import { backUp } from "../lib/runtime/backup.ts";
import { existingData, folderAlone, run, say, TaskFault } from "./task.ts";

/** `npm run backup -- FILE` */
run(async () => {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new TaskFault("Say where to: npm run backup -- FILE");
  const dataFolder = folderAlone();
  existingData(dataFolder);
  await backUp(dataFolder, file, (left, all) => say(`${all - left} of ${all} pages`));
  say(`${file} holds the data and the keys that open it. Keep it like the data folder itself.`);
});
