import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "../../functions/door.ts";
import type { House } from "../../lib/house.ts";
import { profiles } from "../../lib/providers/profiles.ts";
import { backedBy } from "../../lib/runtime/backing.ts";
import { openClient } from "../../lib/runtime/clients.ts";
import { openHouse } from "../../lib/runtime/compose.ts";
import { readConfig } from "../../lib/runtime/config.ts";
import { facade } from "../../lib/runtime/facade.ts";
import { startServer } from "../../lib/runtime/server.ts";
import type { OpenStorage } from "../../lib/runtime/storage.ts";
import { storageOf } from "../../lib/runtime/storage-of.ts";
import type { AccountId } from "../../lib/schemas/key.ts";
import { threadWriter } from "../../lib/store/sqlite/thread-writer.ts";
import { storageVariables } from "./storage.ts";

/** The account of the root credential, and where refusals of callers without an account are counted. */
export const rootAccount = "100000000001" as AccountId;
export const nobody = "" as AccountId;

export interface Credentials {
  readonly secretId: string;
  readonly secretKey: string;
  readonly token: string;
}

/** Made up anew for each run: no secret stands in the repository. */
export const madeUpRoot = (): Credentials => ({
  secretId: `AKIDTEST${randomBytes(12).toString("hex")}`,
  secretKey: randomBytes(18).toString("hex"),
  token: `token-${randomBytes(18).toString("hex")}`,
});

export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), "keyway-test-"));

export const rootVariables = (root: Credentials): Record<string, string> => ({
  KEYWAY_ROOT_SECRET_ID: root.secretId,
  KEYWAY_ROOT_SECRET_KEY: root.secretKey,
  KEYWAY_ROOT_TOKEN: root.token,
});

export interface TestKeyway {
  readonly url: string;
  /** `127.0.0.1:40123` */
  readonly host: string;
  readonly folder: string;
  readonly root: Credentials;
  readonly house: House;
  /** Everything that was logged so far. */
  readonly log: () => string;
  stop(): Promise<void>;
}

/** The real server with the real store, in this process, in a folder of its own. The rate limit is off unless set. */
export const startKeyway = async (
  options: {
    readonly env?: Record<string, string>;
    readonly folder?: string;
    readonly root?: Credentials;
    readonly keep?: boolean;
    /** Instead of what the environment names. */
    readonly openStorage?: OpenStorage;
  } = {},
): Promise<TestKeyway> => {
  const folder = options.folder ?? temporaryFolder();
  const root = options.root ?? madeUpRoot();
  const config = readConfig(
    {
      PORT: "0",
      KEYWAY_ACTION_RPS: "0",
      ...(await storageVariables(folder)),
      ...rootVariables(root),
      ...options.env,
    },
    profiles,
  );
  let log = "";
  const house = await openHouse(config, profiles, {
    openStorage: options.openStorage ?? storageOf(threadWriter),
    isFunction: false,
    openBacking: backedBy(openClient),
    facade,
    writeLog: (text) => {
      log += text;
    },
  });
  const server = await startServer(config, house, serve);
  return {
    url: server.url,
    host: new URL(server.url).host,
    folder,
    root,
    house,
    log: () => log,
    stop: async () => {
      await server.stop();
      await house.close();
      if (options.keep !== true) rmSync(folder, { recursive: true, force: true });
    },
  };
};
