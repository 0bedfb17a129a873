import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseWebhookKey, showWebhookSecret, signWebhook } from "../lib/signing/standard-webhooks.ts";
import { type Connection, openConnection, type Reply } from "./connection.ts";
import { createKeys, filledSetting, manyKeys, openOn, type Setting, seeds, tokenOf } from "./house.ts";
import { type Figure, median, milliseconds, progress, whole } from "./measure.ts";
import { keywayArgs, startProcess } from "./process.ts";
import { bearerRequest } from "./signed-request.ts";

const reports = 1000;
const p99GoalMs = 50;

interface Told {
  /** From sending the report until a verification refused the key, in milliseconds. */
  readonly toRefusal: readonly number[];
  /** And until the reply to the report. */
  readonly toReply: readonly number[];
}

const expectStatus = (reply: Reply, status: number): Reply => {
  if (!reply.text.startsWith(`HTTP/1.1 ${status} `)) throw new Error(reply.text);
  return reply;
};

/** The same data, and a sender of reports besides. */
const listening = (setting: Setting, secret: string): Setting => {
  const file = join(setting.folder, "keyway-leaks.json");
  const { providers } = JSON.parse(readFileSync(setting.env.KEYWAY_CONFIG ?? "", "utf8"));
  writeFileSync(file, JSON.stringify({ providers, leaks: { reports: { secretsEnv: ["BENCH_WEBHOOK"] } } }));
  return { ...setting, env: { ...setting.env, KEYWAY_CONFIG: file, BENCH_WEBHOOK: secret } };
};

export const measureLeaks = async (setting: Setting, count: number): Promise<Told> => {
  const secret = showWebhookSecret(randomBytes(32));
  const key = parseWebhookKey(secret);
  if (key === undefined) throw new Error("not a key");
  const own = listening(setting, secret);
  // Of a service that nobody else's figure counts.
  const opened = await openOn(own, seeds.aione);
  const tokens = (await createKeys(opened, count, 256)).map(tokenOf);
  await opened.house.close();
  const server = await startProcess(keywayArgs, own.env, { pinned: false });
  const [reporter, verifier] = [await openConnection(server.port), await openConnection(server.port)];

  const reportOf = (token: string, at: number): string => {
    const body = {
      type: "leak.reported",
      timestamp: new Date().toISOString(),
      data: { leaks: [{ key: token, url: `https://example.com/${at}` }] },
    };
    const seconds = Math.floor(Date.now() / 1000);
    const signed = signWebhook({ id: `msg_${at}`, seconds, body: Buffer.from(JSON.stringify(body)) }, [key]);
    const headers = {
      "webhook-id": signed.id,
      "webhook-timestamp": signed.timestamp,
      "webhook-signature": signed.signature,
    };
    return bearerRequest(own, server.port, "/webhooks/reports", { method: "POST", body, headers });
  };
  const isValid = async (connection: Connection, token: string): Promise<Reply | undefined> => {
    const asked = { method: "POST", body: { key: token } };
    const reply = await connection.send(bearerRequest(own, server.port, "/v1/verify?scope=partial", asked));
    return expectStatus(reply, 200).text.includes('"valid":true') ? undefined : reply;
  };

  const toRefusal: number[] = [];
  const toReply: number[] = [];
  for (const [at, token] of tokens.entries()) {
    if ((await isValid(verifier, token)) !== undefined) throw new Error("a good key was refused");
    const request = reportOf(token, at);
    const sentAt = performance.now();
    const replied = reporter.send(request);
    let refused: Reply | undefined;
    while (refused === undefined) refused = await isValid(verifier, token);
    toRefusal.push(refused.at - sentAt);
    toReply.push(expectStatus(await replied, 202).at - sentAt);
    if ((at + 1) % 250 === 0) progress(`leaks ${at + 1}/${tokens.length}`);
  }
  reporter.close();
  verifier.close();
  await server.stop();
  return { toRefusal, toReply };
};

/** From a report that is accepted to a key that is refused. */
export const leaks: Figure = async () => {
  const { toRefusal, toReply } = await measureLeaks(await filledSetting(), reports);
  const p99 = toRefusal.toSorted((one, other) => one - other)[Math.floor(toRefusal.length * 0.99)] ?? 0;
  return [
    {
      name: `leak report to refusal of the key, ${whole(reports)} reports, ${whole(manyKeys)} keys, p99`,
      ours: milliseconds(p99),
      goal: `< ${p99GoalMs} ms`,
      met: p99 < p99GoalMs,
    },
    {
      name: "the same, p50; p50 of the reply to the report",
      ours: milliseconds(median(toRefusal)),
      peer: milliseconds(median(toReply)),
    },
  ];
};
