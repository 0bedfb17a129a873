import { mkdirSync } from "node:fs";
import { restore } from "../lib/runtime/backup.ts";
import { folderAlone, run, say, TaskFault } from "./task.ts";

/** `npm run restore -- FILE` */
run(async () => {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new TaskFault("Say from where: npm run restore -- FILE");
  const dataFolder = folderAlone();
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const { replaced } = await restore(file, dataFolder);
  if (replaced !== undefined) say(`What was there before is kept in ${replaced}.`);
  say(`${dataFolder} holds what ${file} held.`);
});
