import { setImmediate as endOfTurn } from "node:timers/promises";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { type Action, actionTable } from "../action.ts";
import type { House } from "../house.ts";
import type { HttpReply, HttpRequest } from "../http.ts";
import type { Profile } from "../providers/profile.ts";
import { serveTencent } from "../surfaces/tencent/serve.ts";
import { openHouse } from "./compose.ts";
import { readConfig } from "./config.ts";
import { fromReply, toRequest } from "./events.ts";

type Serve = (request: HttpRequest, house: House) => Promise<HttpReply>;
type Reply = ReturnType<typeof fromReply>;
export type LambdaHandler = middy.MiddyfiedHandler<unknown, Reply, Error, Context>;

/**
 * One house for a process, opened by its first call. One that failed to open is the platform's error, seen by its
 * alarms, and is tried again by the next call.
 */
const houseOf = (profiles: readonly Profile[]): (() => Promise<House>) => {
  let opened: Promise<House> | undefined;
  return () => {
    opened ??= openHouse(readConfig(process.env), profiles, { writer: "inline" }).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
};

/** The process is frozen between calls: what is counted in memory and waits for the log must leave before the reply. */
const settleBeforeReply = (open: () => Promise<House>): middy.MiddlewareObj<unknown, Reply> => {
  const after = async (): Promise<void> => {
    const { refusals } = await open();
    await refusals.flush();
    await endOfTurn();
  };
  return { after };
};

export const httpHandler = (serve: Serve, profiles: readonly Profile[]): LambdaHandler => {
  const house = houseOf(profiles);
  return middy<unknown, Reply, Error, Context>()
    .use(settleBeforeReply(house))
    .handler(async (event) => fromReply(await serve(toRequest(event), await house())));
};

/** One action as a function of its own; it knows no other action, so its bundle holds one service. */
export const actionHandler = (action: Action): LambdaHandler => {
  const table = actionTable([action]);
  return httpHandler((request, house) => serveTencent(request, table, house), [action.wire.profile]);
};
