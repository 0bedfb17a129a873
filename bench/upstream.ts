import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { newSetting, type Setting } from "./house.ts";
import { type Figure, median, megabytes, milliseconds, progress, type Row, whole } from "./measure.ts";
import { keywayArgs, type RunningProcess, startProcess } from "./process.ts";

const fanOutGoalMs = 5;
const memoryGoal = 30;
const inventoryKeys = 10_000;
const pageSize = 100;
const callsPerSecond = 20;
const rounds = 40;

/** Lists and inventories over real systems, which a server of the benchmark's own plays. */
export const upstream: Figure = async () => [...(await fanOut()), ...(await inventory())];

interface Pair {
  readonly real: RunningProcess;
  readonly keyway: RunningProcess;
  readonly setting: Setting;
  readonly stop: () => Promise<void>;
}

const startPair = async (env: Readonly<Record<string, string>>): Promise<Pair> => {
  const real = await startProcess(["bench/real-systems.ts"], env, { pinned: false });
  const endpoint = `http://127.0.0.1:${real.port}`;
  const region = "ap-guangzhou";
  const credential = { secretIdEnv: "REAL_SECRET_ID", secretKeyEnv: "REAL_SECRET_KEY" };
  const providers = {
    tokenhub: { service: "tokenhub", region, endpoint, credential },
    apigateway: { service: "apigateway", region, endpoint, credential },
    csip: { service: "csip", endpoint, credential },
    aione: { service: "aione", endpoint, credential: { tokenEnv: "REAL_SECRET_KEY" } },
  };
  const setting = newSetting();
  const file = join(setting.folder, "keyway.json");
  writeFileSync(file, JSON.stringify({ providers }));
  const variables = {
    KEYWAY_CONFIG: file,
    REAL_SECRET_ID: "AKIDbench",
    REAL_SECRET_KEY: "made-for-the-benchmark",
  };
  const keyway = await startProcess(keywayArgs, { ...setting.env, ...variables }, { pinned: false });
  return {
    real,
    keyway,
    setting,
    stop: async () => {
      await keyway.stop();
      await real.stop();
    },
  };
};

const call = async (
  { keyway, setting }: Pair,
  method: string,
  path: string,
): Promise<Readonly<Record<string, unknown>>> => {
  const headers = { authorization: `Bearer ${setting.root.token}` };
  const reply = await fetch(`http://127.0.0.1:${keyway.port}${path}`, { method, headers });
  if (!reply.ok) throw new Error(await reply.text());
  return (await reply.json()) as Readonly<Record<string, unknown>>;
};

const timed = async (step: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await step();
  return performance.now() - start;
};

/** A list over four systems against the slowest of them alone, asked in turns. */
const fanOut = async (): Promise<readonly Row[]> => {
  const pair = await startPair({
    KEYS: "20",
    DELAYS: JSON.stringify({ tokenhub: 60, apigateway: 70, csip: 80, aione: 100 }),
  });
  const list = async (): Promise<void> => {
    const { items, warnings } = await call(pair, "GET", "/v1/keys?limit=20");
    if ((items as unknown[]).length !== 20 || (warnings as unknown[]).length !== 0)
      throw new Error("not all listed");
  };
  const slowest = async (): Promise<void> => {
    await (await fetch(`http://127.0.0.1:${pair.real.port}/api/v1/gateway/keys`)).text();
  };
  // As the other figures over HTTP, of a process that has been in service for some seconds.
  for (let round = 0; round < rounds; round++) {
    await slowest();
    await list();
  }
  const ours: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < rounds; round++) {
    peer.push(await timed(slowest));
    ours.push(await timed(list));
  }
  await pair.stop();
  const more = median(ours) - median(peer);
  progress(`fan-out: ${median(ours).toFixed(1)} against ${median(peer).toFixed(1)} ms`);
  return [
    {
      name: "a list over four real systems | the slowest of them alone",
      ours: milliseconds(median(ours)),
      peer: milliseconds(median(peer)),
      ratio: `+${more.toFixed(2)} ms`,
      goal: `<= +${fanOutGoalMs} ms`,
      met: more <= fanOutGoalMs,
    },
  ];
};

/** An inventory of many keys: as fast as the documented rate lets it be, and in little memory. */
const inventory = async (): Promise<readonly Row[]> => {
  const pair = await startPair({ KEYS: String(inventoryKeys) });
  // The first call out of a process loads its HTTP client, whatever it is about.
  await call(pair, "GET", "/v1/keys?provider=csip&q=key-1&limit=1");
  const before = pair.keyway.residentKilobytes() / 1024;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, pair.keyway.residentKilobytes() / 1024);
  }, 50);
  const ms = await timed(async () => {
    const { total } = await call(pair, "POST", "/v1/providers/apigateway/sync");
    if (total !== inventoryKeys) throw new Error(`${String(total)} keys`);
  });
  clearInterval(watch);
  await pair.stop();
  // The first calls of a second go at once, so the last one may go when all others are a second's worth behind.
  const leastMs = ((inventoryKeys / pageSize - callsPerSecond) / callsPerSecond) * 1000;
  progress(`inventory: ${whole(ms)} ms, ${before.toFixed(1)} to ${peak.toFixed(1)} MB`);
  return [
    {
      name: `an inventory of ${whole(inventoryKeys)} keys | what the documented rate allows`,
      ours: milliseconds(ms),
      peer: milliseconds(leastMs),
      ratio: `${(ms / leastMs).toFixed(2)}x`,
    },
    {
      name: "the same, memory more",
      ours: megabytes(peak - before),
      goal: `< ${memoryGoal} MB`,
      met: peak - before < memoryGoal,
    },
  ];
};
