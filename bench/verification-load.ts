import { restricted } from "./house.ts";
import {
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
import { keepOffServerCore, pinning, startProcess, temporaryFolder } from "./process.ts";
import { bearerRequest } from "./signed-request.ts";
import { type Tables, withTables } from "./table.ts";
import { oneCounterOnTable, overHttpOnTable } from "./verification-table.ts";
import {
  connections,
  driver,
  fill,
  ip,
  rateRow,
  residentMegabytes,
  startOn,
  twoOnOneCounter,
  verifications,
} from "./verifying.ts";

const bareGoal = 0.5;
const fastifyGoal = 1.5;
const memoryGoal = 110;

const rounds = 5;
const servedKeys = 2000;

/** Over HTTP, on one core: against a server that does nothing, and one that was written by hand for its own keys. */
const overHttp = async (tables: Tables): Promise<readonly Row[]> => {
  const onTable = await overHttpOnTable(tables, servedKeys);
  const filled = await fill(servedKeys, servedKeys);
  const keyway = await startOn(filled.setting);
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
      ...rateRow(`verification over HTTP, ${pinning} | bare node:http`, toBare, bareGoal),
      onTable: perSecond(onTable.perSecond),
    },
    {
      name: "the same, processor time of a request",
      ours: microseconds(cpu),
      onTable: microseconds(onTable.microseconds),
      peer: microseconds(bares.microseconds()),
      ratio: percent(bares.microseconds() / cpu),
    },
    rateRow("verification over HTTP | Fastify by hand", toFastify, fastifyGoal),
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

export const verificationLoad: Figure = () =>
  withTables(async (tables) => [...(await overHttp(tables)), ...(await onOneCounter(tables))]);
