import { mkdirSync } from "node:fs";
import { profiles } from "../lib/providers/services.ts";
import { restore } from "../lib/runtime/backup.ts";
import { readConfig } from "../lib/runtime/config.ts";
import { run, say, TaskFault } from "./task.ts";

/** `npm run restore -- FILE` */
run(async () => {
  const [file] = process.argv.slice(2);
  if (file === undefined) throw new TaskFault("Say from where: npm run restore -- FILE");
  const { dataFolder } = readConfig(process.env, profiles);
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const { replaced } = await restore(file, dataFolder);
  if (replaced !== undefined) say(`What was there before is kept in ${replaced}.`);
  say(`${dataFolder} holds what ${file} held.`);
});
