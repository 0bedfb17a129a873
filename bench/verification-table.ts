import { newSetting, seeds } from "./house.ts";
import { progress, whole } from "./measure.ts";
import { keywayArgs, startProcess } from "./process.ts";
import { openOnTable, type Tables, tableEnv } from "./table.ts";
import {
  createSome,
  driver,
  type Filled,
  residentMegabytes,
  twoOnOneCounter,
  verifications,
} from "./verifying.ts";

/** What bench/verification-load.ts measures on SQLite's file, with the keys in a table. */

const rounds = 2;

const fillTable = async (tables: Tables, count: number, limits: "fast" | "exact") => {
  const setting = newSetting(limits);
  const table = await tables.engine.createTable();
  const opened = await openOnTable(tables, table, setting, seeds.aione);
  const tokens = await createSome(opened, count, count);
  await opened.house.close();
  const filled: Filled = { setting, tokens };
  return { filled, env: tableEnv(tables, table, setting) };
};

export const overHttpOnTable = async (tables: Tables, keys: number) => {
  const { filled, env } = await fillTable(tables, keys, "fast");
  const server = await startProcess(keywayArgs, env, { pinned: true });
  const load = driver(server, verifications(filled, server.port), '"valid":true');
  let perSecond = 0;
  for (let round = 0; round < rounds; round++) perSecond = await load.rate();
  progress(`verification on a table: ${whole(perSecond)} per second`);
  const resident = residentMegabytes(server);
  await server.stop();
  return { perSecond, p99Ms: load.p99(), microseconds: load.microseconds(), residentMegabytes: resident };
};

export const oneCounterOnTable = async (tables: Tables) => {
  const { filled, env } = await fillTable(tables, 1, "exact");
  return twoOnOneCounter(filled, env);
};
