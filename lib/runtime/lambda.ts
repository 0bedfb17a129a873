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
import { type OpenClient, openRest, openTencent } from "./clients.ts";
import { type OpenOptions, openHouse } from "./compose.ts";
import { readConfig } from "./config.ts";
import { fromReply, toRequest } from "./events.ts";
import { openedOnce } from "./opened-once.ts";
import type { OpenStorage } from "./storage.ts";
import { dynamoStorage } from "./storage-dynamodb.ts";
import { lightStorage } from "./storage-light.ts";
import { openWakeQueue } from "./wake-queue.ts";

type Serve = (request: HttpRequest, house: House) => Promise<HttpReply>;
type Reply = ReturnType<typeof fromReply>;
export type LambdaHandler = middy.MiddyfiedHandler<unknown, Reply, Error, Context>;

const houseOf = ({ profiles, others, openStorage, openClient, facade }: Served): (() => Promise<House>) =>
  openedOnce(() =>
    openHouse(readConfig(process.env, profiles, others), profiles, {
      openStorage,
      isFunction: true,
      openClient,
      ...(facade && { facade }),
    }),
  );

/** The process is frozen between calls: what is counted in memory and waits for the log must leave before the reply. */
const settleBeforeReply = (open: () => Promise<House>): middy.MiddlewareObj<unknown, Reply> => {
  const queue = openedOnce(async () => openWakeQueue(await open(), process.env));
  return {
    // Before the first call, so that it hears of the first commit.
    before: async () => {
      await queue();
    },
    after: async () => {
      const { refusals } = await open();
      await Promise.all([refusals.flush(), (await queue()).settled()]);
      await endOfTurn();
    },
  };
};

export interface Served {
  readonly profiles: readonly Profile[];
  /** Whether the configuration may name services that other functions serve. */
  readonly others: "none" | "elsewhere";
  readonly openStorage: OpenStorage;
  readonly openClient: OpenClient;
  /** Where the facade is served, or a part of it. */
  readonly facade?: NonNullable<OpenOptions["facade"]>;
}

/**
 * middy would answer for a call shortly before its time is over. Lambda would keep the process then, in which the call
 * goes on once it is thawed: a commit of long ago, behind which those of the same account wait. What is late is killed.
 */
const noEarlyAnswer: middy.PluginObject = { timeoutEarlyInMillis: 0 };

export const httpHandler = (serve: Serve, served: Served): LambdaHandler => {
  const house = houseOf(served);
  return middy<unknown, Reply, Error, Context>(noEarlyAnswer)
    .use(settleBeforeReply(house))
    .handler(async (event) => fromReply(await serve(toRequest(event), await house())));
};

const alone = (profile: Profile, openClient: OpenClient): Served => ({
  profiles: [profile],
  others: "elsewhere",
  openStorage: dynamoStorage,
  openClient,
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

/** For a job that knows no service, and has no real system to call. */
export const noService: Served = {
  profiles: [],
  others: "elsewhere",
  openStorage: lightStorage,
  openClient: () => {
    throw new Error("a job calls no real system");
  },
};

/** What is due by the clock: a process that is frozen between calls has no timers. What fails is the platform's error. */
export const jobHandler = (
  open: (house: House) => () => Promise<void>,
  served: Served,
): (() => Promise<void>) => {
  const house = houseOf(served);
  const opened = openedOnce(async () => open(await house()));
  return async () => {
    const job = await opened();
    await job();
    // The log is written at the end of the turn.
    await endOfTurn();
  };
};
