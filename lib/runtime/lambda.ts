import { setImmediate as endOfTurn } from "node:timers/promises";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { actionTable, type RestAction, type TencentAction } from "../action.ts";
import type { House } from "../house.ts";
import type { HttpReply, HttpRequest } from "../http.ts";
import type { Profile } from "../providers/profile.ts";
import { serveAione } from "../surfaces/aione/serve.ts";
import { routesOf } from "../surfaces/route.ts";
import { serveTencent } from "../surfaces/tencent/serve.ts";
import type { OpenBacking } from "./backing.ts";
import { backedWithin, type CallTime, openCallTime } from "./call-time.ts";
import { type OpenClient, openRest, openTencent } from "./clients.ts";
import { type OpenOptions, openHouse } from "./compose.ts";
import { readConfig } from "./config.ts";
import { namedVariables } from "./config-file.ts";
import { type Part, parts } from "./config-part.ts";
import { fromReply, toRequest } from "./events.ts";
import { type KeptHouse, keepHouse } from "./kept-house.ts";
import { readSecrets } from "./secrets.ts";
import type { OpenStorage } from "./storage.ts";
import { dynamoStorage } from "./storage-dynamodb.ts";
import { lightStorage } from "./storage-light.ts";
import { openWakeQueue, type WakeQueue } from "./wake-queue.ts";

type Serve = (request: HttpRequest, house: House) => Promise<HttpReply>;
type Reply = ReturnType<typeof fromReply>;
export type LambdaHandler = middy.MiddyfiedHandler<unknown, Reply, Error, Context>;

const houseOf = ({ profiles, part, openStorage, openBacking, facade }: Served, time: CallTime): KeptHouse =>
  keepHouse(
    () => readSecrets(process.env, namedVariables(process.env.KEYWAY_CONFIG, profiles, part)),
    (secrets) =>
      openHouse(readConfig(process.env, profiles, { part, secrets }), profiles, {
        openStorage,
        isFunction: true,
        ...(openBacking && { openBacking: openBacking(time) }),
        ...(facade && { facade }),
      }),
    () => Date.now(),
  );

/** The process is frozen between calls: what is counted in memory and waits for the log must leave before the reply. */
const settleBeforeReply = (kept: KeptHouse, time: CallTime): middy.MiddlewareObj<unknown, Reply> => {
  const queues = new WeakMap<House, WakeQueue>();
  return {
    before: async ({ context }) => {
      time.begin(context.getRemainingTimeInMillis());
      const house = await kept.begin();
      // Before its first call, so that it hears of the first commit.
      if (!queues.has(house)) queues.set(house, openWakeQueue(house, process.env));
    },
    after: async () => {
      const house = await kept.current();
      await Promise.all([
        house.refusals.flush(),
        house.verification?.usage.written(),
        queues.get(house)?.settled(),
      ]);
      await endOfTurn();
    },
  };
};

export interface Served {
  readonly profiles: readonly Profile[];
  /** What it goes by of the configuration. */
  readonly part: Part;
  readonly openStorage: OpenStorage;
  /** Where keys are managed. */
  readonly openBacking?: (time: CallTime) => OpenBacking;
  /** Where the facade is served, or a part of it. */
  readonly facade?: NonNullable<OpenOptions["facade"]>;
}

/**
 * middy would answer for a call shortly before its time is over. Lambda would keep the process then, in which the call
 * goes on once it is thawed: a commit of long ago, behind which those of the same account wait. What is late is killed.
 */
const noEarlyAnswer: middy.PluginObject = { timeoutEarlyInMillis: 0 };

export const httpHandler = (serve: Serve, served: Served): LambdaHandler => {
  const time = openCallTime(() => Date.now());
  const kept = houseOf(served, time);
  return middy<unknown, Reply, Error, Context>(noEarlyAnswer)
    .use(settleBeforeReply(kept, time))
    .handler(async (event) => fromReply(await serve(toRequest(event), await kept.current())));
};

const alone = (profile: Profile, openClient: OpenClient): Served => ({
  profiles: [profile],
  part: parts.action,
  openStorage: dynamoStorage,
  openBacking: backedWithin(openClient),
});

/** Likewise of a service with paths of its own. */
export const restHandler = (action: RestAction): LambdaHandler => {
  const paths = routesOf([action], ({ route }) => route);
  return httpHandler((request, house) => serveAione(request, paths, house), alone(action.profile, openRest));
};

/** One action as a function of its own; it knows no other action, so its bundle holds one service. */
export const actionHandler = (action: TencentAction): LambdaHandler => {
  const table = actionTable([action]);
  return httpHandler(
    (request, house) => serveTencent(request, table, house),
    alone(action.profile, openTencent),
  );
};

/** For a job that knows no service. */
export const noService: Served = {
  profiles: [],
  part: parts.job,
  openStorage: lightStorage,
};

/** What is due by the clock: a process that is frozen between calls has no timers. What fails is the platform's error. */
export const jobHandler = (
  open: (house: House) => () => Promise<void>,
  served: Served,
): ((event: unknown, context: Pick<Context, "getRemainingTimeInMillis">) => Promise<void>) => {
  const time = openCallTime(() => Date.now());
  const kept = houseOf(served, time);
  const jobs = new WeakMap<House, () => Promise<void>>();
  return async (_event, context) => {
    time.begin(context.getRemainingTimeInMillis());
    const house = await kept.begin();
    const job = jobs.get(house) ?? open(house);
    jobs.set(house, job);
    await job();
    // The log is written at the end of the turn.
    await endOfTurn();
  };
};
