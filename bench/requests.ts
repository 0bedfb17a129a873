import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { databaseFile } from "../lib/runtime/data-folder.ts";
import { createKeys, newSetting, openOn, type Setting, seeds } from "./house.ts";
import { runLoad } from "./load.ts";
import { contest, type Figure, microseconds, percent, perSecond, type Row } from "./measure.ts";
import { keepOffServerCore, keywayArgs, pinning, type RunningProcess, startProcess } from "./process.ts";
import { bearerRequest, signedRequest } from "./signed-request.ts";

const goal = 0.3;
const connections = 32;
const rounds = 5;
const roundMs = 3000;

interface Tally {
  replies: number;
  cpu: number;
}

/** The calls that read one key: of each service, and of the facade. */
interface Call {
  readonly name: string;
  readonly seed: (typeof seeds)[keyof typeof seeds];
  readonly request: (setting: Setting, port: number, id: string) => string;
  readonly expected: string;
  /** Whether it hands out a secret, so that each reply has its reading in the audit trail. */
  readonly reveals: boolean;
}

const calls: readonly Call[] = [
  {
    name: "TokenHub DescribeApiKey",
    seed: seeds.tokenhub,
    request: (setting, port, ApiKeyId) =>
      signedRequest(setting, port, "DescribeApiKey", { Platform: "maas", ApiKeyId }),
    expected: '"ApiKey":"sk-',
    reveals: true,
  },
  {
    name: "API Gateway DescribeApiKey",
    seed: seeds.apigateway,
    request: (setting, port, AccessKeyId) =>
      signedRequest(
        setting,
        port,
        "DescribeApiKey",
        { AccessKeyId },
        { name: "apigateway", version: "2018-08-08" },
      ),
    expected: '"AccessKeySecret":"',
    reveals: true,
  },
  {
    name: "Key Sandbox DescribeKeySandboxCredential",
    seed: seeds.csip,
    request: (setting, port, CredentialId) =>
      signedRequest(
        setting,
        port,
        "DescribeKeySandboxCredential",
        { CredentialId },
        { name: "csip", version: "2022-11-21" },
      ),
    expected: '"Value":"mad***mark"',
    reveals: false,
  },
  {
    name: "AIone Get Key",
    seed: seeds.aione,
    request: (setting, port, id) => bearerRequest(setting, port, `/api/v1/gateway/keys/${id}`),
    expected: '"key":null',
    reveals: false,
  },
  {
    name: "facade, a key of TokenHub",
    seed: seeds.tokenhub,
    request: (setting, port, id) => bearerRequest(setting, port, `/v1/keys/tokenhub/${id}`),
    expected: '"key":{',
    reveals: false,
  },
];

/** Reading one key over HTTP with all that it promises, against a server that promises nothing. */
export const requests: Figure = async () => {
  const rows: Row[] = [];
  for (const call of calls) rows.push(...(await measure(call)));
  return rows;
};

const measure = async (call: Call): Promise<readonly Row[]> => {
  const setting = newSetting();
  const opened = await openOn(setting, call.seed);
  // A key for each connection, or the audit trail could write one line for all of them.
  const keys = await createKeys(opened, connections, connections);
  await opened.house.close();

  const keyway = await startProcess(keywayArgs, setting.env, { pinned: true });
  const plain = await startProcess(["bench/plain-server.ts"], { REPLY_BYTES: "400" }, { pinned: true });
  keepOffServerCore();

  const drive = async (server: RunningProcess, expected: string, tally: Tally): Promise<number> => {
    // Signed anew for each round: a signature holds for five minutes.
    const signed = keys.map(({ id }) => [call.request(setting, server.port, id)]);
    const before = server.cpuMicroseconds();
    const result = await runLoad({ port: server.port, requests: signed, expected, ms: roundMs });
    tally.cpu += server.cpuMicroseconds() - before;
    tally.replies += result.replies;
    return result.perSecond;
  };
  const mine: Tally = { replies: 0, cpu: 0 };
  const theirs: Tally = { replies: 0, cpu: 0 };
  const ours = (): Promise<number> => drive(keyway, call.expected, mine);
  const peer = (): Promise<number> => drive(plain, '"note":"x', theirs);
  const { ours: rate, peer: bare, ratio } = await contest(call.name, rounds, ours, peer);
  await keyway.stop();
  await plain.stop();
  expectRecorded(setting, keyway.logFile, mine.replies, call.reveals);

  return [
    {
      name: `${call.name} over HTTP, ${pinning} | bare node:http`,
      ours: perSecond(rate),
      peer: perSecond(bare),
      ratio: percent(ratio),
      goal: `>= ${percent(goal)}`,
      met: ratio >= goal,
    },
    {
      name: "the same, processor time of a request",
      ours: microseconds(mine.cpu / mine.replies),
      peer: microseconds(theirs.cpu / theirs.replies),
      ratio: percent(theirs.cpu / theirs.replies / (mine.cpu / mine.replies)),
    },
  ];
};

/** A speed that was won by leaving something out would be no speed: every reply has its log line and its reading. */
const expectRecorded = (setting: Setting, logFile: string, replies: number, reveals: boolean): void => {
  const lines = readFileSync(logFile, "utf8")
    .split("\n")
    .filter((line) => line.includes('"outcome":"ok"'));
  if (lines.length !== replies) throw new Error(`${replies} replies and ${lines.length} lines of the log`);
  if (!reveals) return;
  const db = new DatabaseSync(databaseFile(setting.folder), { readOnly: true });
  const row = db
    .prepare(
      `SELECT sum(json_array_length(target.value)) AS readings
       FROM audit_entries,
         json_each(audit_entries.text, '$.details.readings') AS reading,
         json_each(reading.value, '$.targets') AS target`,
    )
    .get();
  db.close();
  if (row?.readings !== replies) throw new Error(`${replies} replies and ${row?.readings} audited readings`);
};
