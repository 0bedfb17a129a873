import { setTimeout as sleep } from "node:timers/promises";
import { filledSetting, manyKeys, newSetting, type Setting } from "./house.ts";
import { runLoad } from "./load.ts";
import { type Figure, median, megabytes, progress, whole } from "./measure.ts";
import { keywayArgs, startProcess } from "./process.ts";
import { signedRequest } from "./signed-request.ts";

const idleGoal = 120;
const growthGoal = 40;
const rounds = 3;
const settleMs = 3000;
const pageSize = 100;
const pages = 20;

/** Memory of the server as `npm start` runs it, with nothing stored, and with many keys of which lists were read. */
export const memory: Figure = async () => {
  const filled = await filledSetting();
  const empty: number[] = [];
  const full: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    empty.push(await residentMegabytes(newSetting(), 0));
    full.push(await residentMegabytes(filled, manyKeys));
    progress(`memory ${round}/${rounds}: ${empty.at(-1)?.toFixed(1)} and ${full.at(-1)?.toFixed(1)} MB`);
  }
  const idle = median(empty);
  const growth = median(full) - idle;
  return [
    {
      name: "memory, idle",
      ours: megabytes(idle),
      goal: `< ${idleGoal} MB`,
      met: idle < idleGoal,
    },
    {
      name: `memory, more with ${whole(manyKeys)} keys, lists read`,
      ours: megabytes(growth),
      goal: `< ${growthGoal} MB`,
      met: growth < growthGoal,
    },
  ];
};

const residentMegabytes = async (setting: Setting, keys: number): Promise<number> => {
  const server = await startProcess(keywayArgs, setting.env, { pinned: false });
  for (let page = 0; page < pages && keys > 0; page++) {
    const offset = Math.floor((page * (keys - pageSize)) / (pages - 1));
    const input = { Platform: "maas", Limit: pageSize, Offset: offset };
    await runLoad({
      port: server.port,
      requests: [[signedRequest(setting, server.port, "DescribeApiKeyList", input)]],
      expected: `"TotalCount":${keys}`,
      ms: 0,
    });
  }
  await sleep(settleMs);
  const resident = server.residentKilobytes() / 1024;
  await server.stop();
  return resident;
};
