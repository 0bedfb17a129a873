import { RootFault } from "../lib/access/root.ts";
import { openCheckpointEmitter } from "../lib/audit/emit.ts";
import { Unavailable } from "../lib/errors.ts";
import { openTicker } from "../lib/jobs/ticker.ts";
import { profiles } from "../lib/providers/profiles.ts";
import { backedBy } from "../lib/runtime/backing.ts";
import { openClient } from "../lib/runtime/clients.ts";
import { openHouse } from "../lib/runtime/compose.ts";
import { ConfigFault, readConfig } from "../lib/runtime/config.ts";
import { DataFault } from "../lib/runtime/data-folder.ts";
import { facade } from "../lib/runtime/facade.ts";
import { jsonFault } from "../lib/runtime/json-fault.ts";
import { startServer } from "../lib/runtime/server.ts";
import { rootLines } from "../lib/runtime/shown-root.ts";
import { storageOf } from "../lib/runtime/storage-of.ts";
import { MasterKeyFault } from "../lib/sealing/master.ts";
import { NewerFormat } from "../lib/store/newer-format.ts";
import { threadWriter } from "../lib/store/sqlite/thread-writer.ts";
import { serve } from "./door.ts";
import { openDelivering } from "./jobs/deliver.ts";
import { sweepRound } from "./jobs/sweep.ts";

/** The same door as in the cloud, as one process on one machine. Words for people go to stdout, the log to stderr. */

const say = (text: string): void => void process.stdout.write(`${text}\n`);

const main = async (): Promise<void> => {
  const config = readConfig(process.env, profiles, { placeOf: jsonFault });
  let isShown = false;
  const house = await openHouse(config, profiles, {
    openStorage: storageOf(threadWriter),
    isFunction: false,
    openBacking: backedBy(openClient),
    facade,
    showRoot: (secrets) => {
      say(rootLines(secrets));
      isShown = true;
    },
  });
  const server = await startServer(config, house, serve).catch(async (error: unknown) => {
    await house.close();
    throw error;
  });
  const emitter = openCheckpointEmitter(
    house.store,
    house.checkpoints,
    house.clock,
    (checkpoint) => house.log({ level: "info", message: "audit checkpoint", checkpoint }),
    house.jobHealth,
  );
  const failed = (): void => house.log({ level: "error", message: "a round of the jobs failed" });
  const ticker = openTicker(sweepRound(house), tickMs, failed);
  const delivering = openDelivering(house);
  const deliveryTicker = openTicker(async () => void (await delivering.round()), tickMs, failed);
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    await server.stop();
    await Promise.all([ticker.close(), deliveryTicker.close()]);
    await delivering.close();
    await emitter.close();
    await house.close();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());
  stopWithNpm(() => void stop());
  // The root must have been shown before this is known: a free port is found by listening.
  if (isShown) say(`export KEYWAY_ENDPOINT=${new URL(server.url).host}\n`);
  // Last, because whoever waits for this line may send a signal at once.
  say(`keyway listening on ${server.url}`);
};

/** What is due waits so long at most; a round in which nothing is due is a few readings of an index. */
const tickMs = 1000;

const parentCheckMs = 500;

/**
 * `npm start` hands a SIGTERM to the shell between itself and this process, which ends without passing it on: an orphan
 * that npm started has been told to stop.
 */
const stopWithNpm = (stop: () => void): void => {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop();
  }, parentCheckMs).unref();
};

const faults = [ConfigFault, DataFault, MasterKeyFault, NewerFormat, RootFault, Unavailable] as const;

const port = "Set PORT to a free port, or to 0";
const host = "Set HOST to an address of this machine";
/** By what the system says of a server that cannot listen. */
const listenAdvice: Readonly<Record<string, string>> = {
  EADDRINUSE: port,
  EACCES: port,
  EADDRNOTAVAIL: host,
  ENOTFOUND: host,
  EAI_AGAIN: host,
};
const listening: readonly unknown[] = ["listen", "bind", "getaddrinfo"];

/** What a person can mend is told in words; the rest with its place in the code. */
const wordsOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  if (faults.some((fault) => error instanceof fault)) return error.message;
  if (!("syscall" in error && listening.includes(error.syscall))) return error.stack ?? error.message;
  const advice = ("code" in error && listenAdvice[String(error.code)]) || `${host}, and PORT to a free one`;
  return `${error.message}. ${advice}; a root credential that was shown stays as it is.`;
};

main().catch((error: unknown) => {
  process.stderr.write(`keyway did not start: ${wordsOf(error)}\n`);
  process.exit(1);
});
