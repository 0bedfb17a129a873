import { setTimeout as sleep } from "node:timers/promises";
import type { LimitMode } from "../lib/verification/limiter.ts";
import { newSetting, openOn, restricted, type Setting, seeds } from "./house.ts";
import { runLoad } from "./load.ts";
import {
  type Contest,
  contest,
  type Figure,
  megabytes,
  microseconds,
  milliseconds,
  percent,
  perSecond,
  type Row,
  whole,
} from "./measure.ts";
import { openPlain } from "./peers/plain-verify.ts";
import {
  keepOffServerCore,
  keywayArgs,
  pinning,
  type RunningProcess,
  startProcess,
  temporaryFolder,
} from "./process.ts";
import { bearerRequest } from "./signed-request.ts";
import { type Tables, withTables } from "./table.ts";
import { oneCounterOnTable, overHttpOnTable } from "./verification-table.ts";
import {
  connections,
  createSome,
  driver,
  type Filled,
  ip,
  residentMegabytes,
  twoOnOneCounter,
  verifications,
} from "./verifying.ts";

const bareGoal = 0.5;
const fastifyGoal = 1.5;
const scaleGoal = 0.8;
const memoryGoal = 110;
const scaledMemoryGoal = 200;

const rounds = 5;
const fewKeys = 1000;
const servedKeys = 2000;
const manyKeys = 1_000_000;
/** Of the million, so many are verified, in no order: each is one with a limit under way. */
const activeKeys = 100_000;
const settleMs = 3000;

/** A folder with keys, and the tokens of some of them. */
const fill = async (count: number, wanted: number, limits: LimitMode = "fast"): Promise<Filled> => {
  const setting = newSetting(limits);
  const opened = await openOn(setting, seeds.aione);
  const tokens = await createSome(opened, count, wanted);
  await opened.house.close();
  return { setting, tokens };
};

const start = (setting: Setting): Promise<RunningProcess> =>
  startProcess(keywayArgs, setting.env, { pinned: true });

const row = (name: string, { ours, peer, ratio }: Contest, goal: number): Row => ({
  name,
  ours: perSecond(ours),
  peer: perSecond(peer),
  ratio: percent(ratio),
  goal: `>= ${percent(goal)}`,
  met: ratio >= goal,
});

/** Over HTTP, on one core: against a server that does nothing, and one that was written by hand for its own keys. */
const overHttp = async (tables: Tables): Promise<readonly Row[]> => {
  const onTable = await overHttpOnTable(tables, servedKeys);
  const filled = await fill(servedKeys, servedKeys);
  const keyway = await start(filled.setting);
  const bare = await startProcess(["bench/plain-server.ts"], { REPLY_BYTES: "400" }, { pinned: true });
  const plainFolder = temporaryFolder();
  const plain = openPlain(plainFolder, servedKeys, restricted.ipAllowlist);
  const { keys } = plain;
  plain.close();
  const { token } = filled.setting.root;
  const fastifyEnv = { PLAIN_DATA: plainFolder, PLAIN_TOKEN: token };
  const fastify = await startProcess(["bench/peers/fastify-server.ts"], fastifyEnv, { pinned: true });
  keepOffServerCore();

  const mine = driver(keyway, verifications(filled, keyway.port), '"valid":true');
  const bares = driver(bare, verifications(filled, bare.port), '"note":"x');
  const byHand = Array.from({ length: connections }, (_, at) =>
    keys
      .filter((_key, place) => place % connections === at)
      .map((key) =>
        bearerRequest(filled.setting, fastify.port, "/verify", { method: "POST", body: { key, ip } }),
      ),
  );
  const theirs = driver(fastify, byHand, '"valid":true');

  const toBare = await contest("verification | bare", rounds, mine.rate, bares.rate);
  const cpu = mine.microseconds();
  const toFastify = await contest("verification | Fastify", rounds, mine.rate, theirs.rate);
  const resident = residentMegabytes(keyway);
  for (const server of [keyway, bare, fastify]) await server.stop();
  return [
    {
      ...row(`verification over HTTP, ${pinning} | bare node:http`, toBare, bareGoal),
      onTable: perSecond(onTable.perSecond),
    },
    {
      name: "the same, processor time of a request",
      ours: microseconds(cpu),
      onTable: microseconds(onTable.microseconds),
      peer: microseconds(bares.microseconds()),
      ratio: percent(bares.microseconds() / cpu),
    },
    row("verification over HTTP | Fastify by hand", toFastify, fastifyGoal),
    {
      name: "the same, p99",
      ours: milliseconds(mine.p99()),
      onTable: milliseconds(onTable.p99Ms),
      peer: milliseconds(theirs.p99()),
      goal: "no worse",
      met: mine.p99() <= theirs.p99(),
    },
    {
      name: `memory, ${whole(servedKeys)} keys at full load`,
      ours: megabytes(resident),
      onTable: megabytes(onTable.residentMegabytes),
      goal: `< ${memoryGoal} MB`,
      met: resident < memoryGoal,
    },
  ];
};

const onOneCounter = async (tables: Tables): Promise<readonly Row[]> => {
  const filled = await fill(1, 1, "exact");
  const inFile = await twoOnOneCounter(filled, filled.setting.env);
  const onTable = await oneCounterOnTable(tables);
  return [
    {
      name: "exact, two servers on one counter: both together, longest wait",
      ours: perSecond(inFile.perSecond),
      onTable: `${perSecond(onTable.perSecond)}, ${milliseconds(onTable.longestMs)}`,
      peer: milliseconds(inFile.longestMs),
    },
  ];
};

/** Many keys stored: a thousand of them verified, from all over the table, against a thousand that are all there are. */
const atScale = async (): Promise<readonly Row[]> => {
  const few = await fill(fewKeys, fewKeys);
  const many = await fill(manyKeys, activeKeys);
  const some = { ...many, tokens: many.tokens.filter((_, at) => at % (activeKeys / fewKeys) === 0) };
  const small = await start(few.setting);
  const large = await start(many.setting);
  keepOffServerCore();
  const onSmall = driver(small, verifications(few, small.port), '"valid":true');
  const onSome = driver(large, verifications(some, large.port), '"valid":true');
  const onAll = driver(large, verifications(many, large.port), '"valid":true');
  const result = await contest(`${whole(manyKeys)} keys`, rounds, onSome.rate, onSmall.rate);
  const byTurns = await contest(`${whole(activeKeys)} of them by turns`, 2, onAll.rate, onSmall.rate);
  // All limits of one minute are under way at once when every active key was verified in it.
  await untilNextMinute();
  const { replies } = await runLoad({
    port: large.port,
    requests: verifications(many, large.port),
    expected: '"valid":true',
    ms: 20_000,
  });
  await sleep(settleMs);
  const resident = residentMegabytes(large);
  for (const server of [small, large]) await server.stop();
  const { goal: _goal, met: _met, ...turns } = row("", byTurns, 0);
  return [
    row(`verification with ${whole(manyKeys)} keys | with ${whole(fewKeys)}`, result, scaleGoal),
    { ...turns, name: `the same, ${whole(activeKeys)} of them by turns` },
    {
      name: `memory, ${whole(manyKeys)} keys and ${whole(Math.min(replies, activeKeys))} limits under way`,
      ours: megabytes(resident),
      goal: `< ${scaledMemoryGoal} MB`,
      met: resident < scaledMemoryGoal,
    },
  ];
};

const untilNextMinute = (): Promise<void> => sleep(60_000 - (Date.now() % 60_000) + 100);

export const verificationLoad: Figure = async () => [
  ...(await withTables(async (tables) => [...(await overHttp(tables)), ...(await onOneCounter(tables))])),
  ...(await atScale()),
];
