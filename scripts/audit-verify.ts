import { readFileSync } from "node:fs";
import * as z from "zod";
import { checkpointSigner } from "../lib/audit/checkpoint.ts";
import { verifyAudit } from "../lib/audit/verify.ts";
import { readCloud } from "../lib/runtime/cloud.ts";
import { databaseFile, readDataFolder } from "../lib/runtime/data-folder.ts";
import type { Storage } from "../lib/runtime/storage.ts";
import { openInCloud } from "../lib/runtime/storage-dynamodb.ts";
import { type Checkpoint, checkpoint, checkpoints } from "../lib/schemas/checkpoint.ts";
import { fileMasterKeys, masterFile } from "../lib/sealing/master-file.ts";
import { openVault } from "../lib/sealing/vault.ts";
import { inlineWriter } from "../lib/store/sqlite/inline-writer.ts";
import { openSqliteStore } from "../lib/store/sqlite.ts";
import { existingData, run, say, TaskFault, unreadable } from "./task.ts";

/** As the log has it, or a reply of the facade. */
const kept = z.union([
  checkpoint.transform((point) => [point]),
  checkpoints.transform(({ readings, ...changes }) => [changes, readings]),
]);

/** `npm run audit:verify -- [FILE …]`: each file holds checkpoints or log lines with checkpoints, one JSON a line. */
run(async () => {
  const points = process.argv.slice(2).flatMap(readCheckpoints);
  const { store, master } = await openStanding();
  try {
    const vault = await openVault(store, master, () => new Date());
    const { publicKey } = checkpointSigner(await vault.checkpointSeed());
    const report = await verifyAudit(store, points, publicKey);
    for (const fault of report.faults) say(`FAULT ${fault}`);
    say(
      `${report.entries} entries of ${report.accounts} accounts, ${report.checkpoints} checkpoints: ${report.faults.length === 0 ? "the chain holds" : `${report.faults.length} faults`}`,
    );
    if (report.faults.length > 0) process.exitCode = 1;
  } finally {
    await store.close();
  }
});

async function openStanding(): Promise<Pick<Storage, "store" | "master">> {
  const cloud = readCloud(process.env);
  if (cloud !== undefined) return openInCloud(cloud);
  const dataFolder = readDataFolder(process.env);
  existingData(dataFolder);
  const store = await openSqliteStore({ file: databaseFile(dataFolder), writer: inlineWriter });
  return { store, master: fileMasterKeys(masterFile(dataFolder)) };
}

function readCheckpoints(file: string): Checkpoint[] {
  const points = textOf(file)
    .split("\n")
    .flatMap((line, index) => {
      const value = parseLine(line);
      if (typeof value !== "object" || value === null) return [];
      const point = kept.safeParse("checkpoint" in value ? value.checkpoint : value);
      if (point.success) return point.data;
      if ("checkpoint" in value || "signature" in value)
        throw new TaskFault(`${file}, line ${index + 1}: not a checkpoint`);
      return [];
    });
  // A proof against nothing would look like one: the wrong log, or one that was emptied.
  if (points.length === 0)
    throw new TaskFault(`${file} holds no checkpoint. Name a file that does, or none.`);
  return points;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new TaskFault(unreadable(file, error));
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // a log file holds other things too
  }
}
