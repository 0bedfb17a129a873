import * as z from "zod";
import { bodyOf, type Connection, openConnection, type Reply } from "./connection.ts";
import { newSetting, type Setting } from "./house.ts";
import { type Figure, median, milliseconds, progress, whole } from "./measure.ts";
import { keywayArgs, type RunningProcess, startProcess } from "./process.ts";
import { bearerRequest } from "./signed-request.ts";

/** How a key can be ended: on every provider whose keys are verified. */
const endings = [
  { provider: "aione", verb: "disable" },
  { provider: "tokenhub", verb: "delete" },
  { provider: "apigateway", verb: "rotate" },
  { provider: "aione", verb: "rotate" },
  { provider: "tokenhub", verb: "disable" },
  { provider: "apigateway", verb: "disable" },
  { provider: "aione", verb: "delete" },
] as const;
type Ending = (typeof endings)[number];

const issued = z.object({
  key: z.object({ id: z.string() }),
  material: z.union([
    z.object({ kind: z.literal("token"), value: z.string() }),
    z.object({ kind: z.literal("pair"), id: z.string(), secret: z.string() }),
  ]),
});

export interface Measured {
  readonly rounds: number;
  readonly verifications: number;
  /** Verifications that started after the reply to the change, and said valid. */
  readonly late: number;
  /** Of each round: when the last verification that said valid started, after the change was sent and after its reply. */
  readonly sinceSent: readonly number[];
  readonly sinceReply: readonly number[];
}

/** One key while it is verified without pause, and then ended. */
interface Round {
  readonly requests: ReadonlyMap<number, string>;
  repliedAt: number;
  lastValidStart: number;
  late: number;
  /** Clients that have seen the key good, and clients that have asked again since the reply. */
  readonly seenGood: Set<number>;
  readonly askedSince: Set<number>;
  moved: () => void;
}

const expectStatus = (reply: Reply, status: number): Reply => {
  if (!reply.text.startsWith(`HTTP/1.1 ${status} `)) throw new Error(reply.text);
  return reply;
};

/** Two servers on one folder; each client verifies on one of them, and changes are sent to both by turns. */
export const measureRevocation = async (rounds: number, clients: number): Promise<Measured> => {
  const setting = newSetting();
  const servers = [await startServer(setting), await startServer(setting)];
  const admins = await Promise.all(servers.map(({ port }) => openConnection(port)));
  const ports = Array.from({ length: clients }, (_, at) => servers[at % servers.length]?.port ?? 0);
  const connections = await Promise.all(ports.map((port) => openConnection(port)));

  let round: Round | undefined;
  let changed = Promise.withResolvers<void>();
  let verifications = 0;
  let running = true;

  const client = async (connection: Connection, at: number): Promise<void> => {
    const port = ports[at] ?? 0;
    while (running) {
      const mine = round;
      if (mine === undefined) {
        await changed.promise;
        continue;
      }
      const start = performance.now();
      const { text } = expectStatus(await connection.send(mine.requests.get(port) ?? ""), 200);
      verifications += 1;
      if (text.includes('"valid":true')) {
        mine.seenGood.add(at);
        mine.lastValidStart = Math.max(mine.lastValidStart, start);
        if (start > mine.repliedAt) mine.late += 1;
      }
      if (start > mine.repliedAt) mine.askedSince.add(at);
      mine.moved();
    }
  };
  const driving = connections.map(client);
  const until = async (of: Round, done: () => boolean): Promise<void> => {
    while (!done()) {
      const next = Promise.withResolvers<void>();
      of.moved = next.resolve;
      await Promise.race([next.promise, ...driving]);
    }
  };

  const sinceSent: number[] = [];
  const sinceReply: number[] = [];
  let late = 0;
  for (let turn = 0; turn < rounds; turn++) {
    const ending = endings[turn % endings.length];
    const admin = admins[turn % admins.length];
    const port = servers[turn % servers.length]?.port ?? 0;
    if (ending === undefined || admin === undefined) throw new Error("no round");
    const made = await admin.send(creation(setting, port, ending));
    const { key, material } = issued.parse(bodyOf(expectStatus(made, 201)));
    const shown =
      material.kind === "token" ? { key: material.value } : { id: material.id, secret: material.secret };
    const requests = new Map(
      servers.map((server) => [
        server.port,
        bearerRequest(setting, server.port, "/v1/verify?scope=partial", { method: "POST", body: shown }),
      ]),
    );
    const mine: Round = {
      requests,
      repliedAt: Number.POSITIVE_INFINITY,
      lastValidStart: 0,
      late: 0,
      seenGood: new Set(),
      askedSince: new Set(),
      moved: () => undefined,
    };
    round = mine;
    changed.resolve();
    changed = Promise.withResolvers<void>();
    await until(mine, () => mine.seenGood.size === clients);
    const sentAt = performance.now();
    const ended = await admin.send(change(setting, port, ending, key.id));
    mine.repliedAt = expectStatus(ended, ending.verb === "delete" ? 204 : 200).at;
    await until(mine, () => mine.askedSince.size === clients);
    late += mine.late;
    sinceSent.push(mine.lastValidStart - sentAt);
    sinceReply.push(mine.lastValidStart - mine.repliedAt);
    if ((turn + 1) % 100 === 0) progress(`revocation ${turn + 1}/${rounds}: ${late} late`);
  }
  running = false;
  await Promise.all(driving);
  for (const connection of [...connections, ...admins]) connection.close();
  for (const server of servers) await server.stop();
  return { rounds, verifications, late, sinceSent, sinceReply };
};

const startServer = (setting: Setting): Promise<RunningProcess> =>
  startProcess(keywayArgs, setting.env, { pinned: false });

const creation = (setting: Setting, port: number, { provider }: Ending): string =>
  bearerRequest(setting, port, "/v1/keys", { method: "POST", body: { provider, name: "to-be-ended" } });

const change = (setting: Setting, port: number, { provider, verb }: Ending, id: string): string => {
  const path = `/v1/keys/${provider}/${id}`;
  const headers = { "if-match": "*" };
  if (verb === "delete") {
    return bearerRequest(setting, port, `${path}?confirm=${id}`, { method: "DELETE", headers });
  }
  const body = verb === "rotate" ? { grace: 0 } : {};
  return bearerRequest(setting, port, `${path}/${verb}`, { method: "POST", body, headers });
};

const rounds = 1000;
const clients = 32;

/** A dead key is dead: nothing that starts after the reply to the change says valid. */
export const revocation: Figure = async () => {
  const measured = await measureRevocation(rounds, clients);
  return [
    {
      name: `said valid after the reply, ${whole(measured.rounds)} keys ended, ${whole(measured.verifications)} verifications`,
      ours: whole(measured.late),
      goal: "0",
      met: measured.late === 0,
    },
    {
      name: "the last that said valid started after the change was sent, median | longest",
      ours: milliseconds(median(measured.sinceSent)),
      peer: milliseconds(Math.max(...measured.sinceSent)),
    },
    {
      name: "and after its reply (less than nothing: before it), median | latest",
      ours: milliseconds(median(measured.sinceReply)),
      peer: milliseconds(Math.max(...measured.sinceReply)),
    },
  ];
};
