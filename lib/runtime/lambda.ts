import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { type Action, actionTable } from "../action.ts";
import type { House } from "../house.ts";
import type { HttpReply, HttpRequest } from "../http.ts";
import { serveTencent } from "../surfaces/tencent/serve.ts";
import { openHouse } from "./compose.ts";
import { readConfig } from "./config.ts";
import { fromReply, toRequest } from "./events.ts";

type Serve = (request: HttpRequest, house: House) => Promise<HttpReply>;
type Reply = ReturnType<typeof fromReply>;

let opened: Promise<House> | undefined;

/** One house for a process, opened by its first call. One that failed to open is tried again by the next. */
const house = (): Promise<House> => {
  opened ??= openHouse(readConfig(process.env), { writer: "inline" }).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
};

/** Frozen between calls: what is counted in memory must be written before the reply. */
const flushRefusals = (): middy.MiddlewareObj<unknown, Reply> => ({
  after: async () => {
    await (await house()).refusals.flush();
  },
});

export const httpHandler = (serve: Serve): middy.MiddyfiedHandler<unknown, Reply, Error, Context> =>
  middy<unknown, Reply, Error, Context>()
    .use(flushRefusals())
    .handler(async (event) => fromReply(await serve(toRequest(event), await house())));

/** One action as a function of its own; it knows no other action, so its bundle holds one service. */
export const actionHandler = (action: Action): middy.MiddyfiedHandler<unknown, Reply, Error, Context> => {
  const table = actionTable([action]);
  return httpHandler((request, opened) => serveTencent(request, table, opened));
};
