import { rmSync } from "node:fs";
import { actions } from "../../../../functions/actions.ts";
import { actionTable } from "../../../../lib/action.ts";
import type { House } from "../../../../lib/house.ts";
import { profiles } from "../../../../lib/providers/profiles.ts";
import { backedBy } from "../../../../lib/runtime/backing.ts";
import { openClient } from "../../../../lib/runtime/clients.ts";
import { openHouse } from "../../../../lib/runtime/compose.ts";
import { readConfig } from "../../../../lib/runtime/config.ts";
import { startServer } from "../../../../lib/runtime/server.ts";
import { sqliteStorage } from "../../../../lib/runtime/storage-sqlite.ts";
import { threadWriter } from "../../../../lib/store/sqlite/thread-writer.ts";
import { serveTencent } from "../../../../lib/surfaces/tencent/serve.ts";
import { madeUpRoot, rootVariables, temporaryFolder } from "../../../support/keyway.ts";
import { type RawReply, sendSigned } from "../../../support/raw.ts";
import { toyActions } from "../actions.ts";
import { toyProfile, toyVersion } from "../profile.ts";

interface ToyKeyway {
  readonly house: House;
  readonly log: () => string;
  /** A signed call over HTTP, of the toy's version unless another is given. */
  send(action: string, body: unknown, version?: string): Promise<RawReply>;
  stop(): Promise<void>;
}

/** The real server with the two lists that a fifth service makes longer. */
export const startToyKeyway = async (): Promise<ToyKeyway> => {
  const root = madeUpRoot();
  const folder = temporaryFolder();
  const known = [...profiles, toyProfile];
  const env = { PORT: "0", KEYWAY_ACTION_RPS: "0", KEYWAY_DATA: folder, ...rootVariables(root) };
  const config = readConfig(env, known);
  let log = "";
  const house = await openHouse(config, known, {
    openStorage: sqliteStorage(threadWriter),
    isFunction: false,
    openBacking: backedBy(openClient),
    writeLog: (text) => {
      log += text;
    },
  });
  const table = actionTable([...actions, ...toyActions]);
  const { url, stop } = await startServer(config, house, (request) => serveTencent(request, table, house));
  return {
    house,
    log: () => log,
    send: (action, body, version = toyVersion) =>
      sendSigned({ url, host: new URL(url).host, root }, action, JSON.stringify(body), { version }),
    stop: async () => {
      await stop();
      await house.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
