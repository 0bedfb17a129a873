import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { databaseFile } from "../lib/runtime/compose.ts";
import { createKeys, newSetting, openOn, type Setting } from "./house.ts";
import { runLoad } from "./load.ts";
import { contest, type Figure, percent, perSecond } from "./measure.ts";
import { keepOffServerCore, pinning, startProcess } from "./process.ts";
import { signedRequest } from "./signed-request.ts";

const goal = 0.3;
const connections = 32;
const rounds = 7;
const roundMs = 3000;

/** `DescribeApiKey` over HTTP with all that it promises, against a server that promises nothing. */
export const requests: Figure = async () => {
  const setting = newSetting();
  const opened = await openOn(setting);
  // A key for each connection, or the audit trail could write one line for all of them.
  const ids = await createKeys(opened, connections, connections);
  await opened.house.close();

  const keyway = await startProcess("scripts/start.mjs", setting.env, { pinned: true });
  const plain = await startProcess("bench/plain-server.ts", { REPLY_BYTES: "400" }, { pinned: true });
  keepOffServerCore();

  const describe = (port: number, id: string): string =>
    signedRequest(setting, port, "DescribeApiKey", { Platform: "maas", ApiKeyId: id });
  let replies = 0;
  const ours = async (): Promise<number> => {
    // Signed anew for each round: a signature holds for five minutes.
    const result = await runLoad({
      port: keyway.port,
      requests: ids.map((id) => describe(keyway.port, id)),
      expected: '"ApiKey":"sk-',
      ms: roundMs,
    });
    replies += result.replies;
    return result.perSecond;
  };
  const peer = async (): Promise<number> => {
    const result = await runLoad({
      port: plain.port,
      requests: ids.map((id) => describe(plain.port, id)),
      expected: '"Platform":"maas"',
      ms: roundMs,
    });
    return result.perSecond;
  };
  const { ours: rate, peer: bare, ratio } = await contest("requests", rounds, ours, peer);
  await keyway.stop();
  await plain.stop();
  expectRecorded(setting, keyway.logFile, replies);

  return [
    {
      name: `DescribeApiKey over HTTP, ${pinning} | bare node:http`,
      ours: perSecond(rate),
      peer: perSecond(bare),
      ratio: percent(ratio),
      goal: `>= ${percent(goal)}`,
      met: ratio >= goal,
    },
  ];
};

/** A speed that was won by leaving something out would be no speed: every reply has its log line and its reading. */
const expectRecorded = (setting: Setting, logFile: string, replies: number): void => {
  const lines = readFileSync(logFile, "utf8")
    .split("\n")
    .filter((line) => line.includes('"outcome":"ok"'));
  if (lines.length !== replies) throw new Error(`${replies} replies and ${lines.length} lines of the log`);
  const db = new DatabaseSync(databaseFile(setting.folder), { readOnly: true });
  const row = db
    .prepare(
      `SELECT sum(json_array_length(reading.value, '$.requestIds')) AS readings
       FROM audit_entries, json_each(audit_entries.text, '$.details.readings') AS reading`,
    )
    .get();
  db.close();
  if (row?.readings !== replies) throw new Error(`${replies} replies and ${row?.readings} audited readings`);
};
