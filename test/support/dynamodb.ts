import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  paginateScan,
} from "@aws-sdk/client-dynamodb";
import { tableKeys } from "../../deploy/table.ts";
import { lightCall, wires } from "../../lib/aws/light.ts";
import type { DynamoCalls } from "../../lib/store/dynamodb/calls.ts";
import { lightCalls } from "../../lib/store/dynamodb/light-calls.ts";
import { sdkCalls } from "../../lib/store/dynamodb/sdk-calls.ts";
import { keptAfterMs } from "../../lib/store/dynamodb/ttl.ts";
import { kmsRegion } from "./kms-keys.ts";

/** An engine of DynamoDB on this machine, and tables in it. */
export interface DynamoEngine {
  readonly endpoint: string;
  /** What a process needs to reach it. */
  readonly env: Readonly<Record<string, string>>;
  /** To the engine, or to what stands before it. */
  calls(url?: string): DynamoCalls;
  lightCalls(url?: string): DynamoCalls;
  /** An empty table with the keys that serverless.ts gives it; one that is there already is left as it is. */
  createTable(name?: string): Promise<string>;
  /** Does what DynamoDB does in its own time: removes rows whose `ttl` is over. */
  expire(name: string, now: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Usually the engine from npm; with KEYWAY_TEST_DYNAMODB_LOCAL, a folder of AWS's own DynamoDB Local, that one, which
 * needs Java.
 */
const engineCommand = (port: number): readonly [program: string, ...args: string[]] => {
  const folder = process.env.KEYWAY_TEST_DYNAMODB_LOCAL;
  if (folder !== undefined) {
    const library = `-Djava.library.path=${join(folder, "DynamoDBLocal_lib")}`;
    return [
      "java",
      library,
      "-jar",
      join(folder, "DynamoDBLocal.jar"),
      "-inMemory",
      "-disableTelemetry",
      "-port",
      String(port),
    ];
  }
  const manifest = createRequire(import.meta.url).resolve("@dynoxide/linux-x64/package.json");
  return [join(dirname(manifest), "dynoxide"), "--host", "127.0.0.1", "--port", String(port)];
};

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

export const startDynamo = async (): Promise<DynamoEngine> => {
  const port = await freePort();
  const [program, ...args] = engineCommand(port);
  const child = spawn(program, args, { stdio: "ignore", cwd: tmpdir() });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const endpoint = `http://127.0.0.1:${port}`;
  await answering(endpoint, child);
  const credentials = { accessKeyId: "local", secretAccessKey: randomBytes(16).toString("hex") };
  const where = { region: kmsRegion, credentials };
  const admin = new DynamoDBClient({ endpoint, ...where });
  const tables = new Set<string>();
  const env = {
    AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    AWS_REGION: kmsRegion,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  return {
    endpoint,
    env,
    lightCalls: (url = endpoint) =>
      lightCalls(lightCall(wires.dynamodb, { ...env, AWS_ENDPOINT_URL_DYNAMODB: url })),
    calls: (url = endpoint) => sdkCalls({ endpoint: url, ...where }),
    createTable: async (name = `keyway-${randomBytes(6).toString("hex")}`) => {
      if (tables.has(name)) return name;
      tables.add(name);
      await admin.send(
        new CreateTableCommand({ TableName: name, BillingMode: "PAY_PER_REQUEST", ...tableKeys }),
      );
      return name;
    },
    expire: async (TableName, now) => {
      const ended = Math.floor(Date.parse(now) + keptAfterMs) / 1000;
      for await (const { Items = [] } of paginateScan(
        { client: admin },
        { TableName, ConsistentRead: true },
      )) {
        for (const { pk, sk, ttl } of Items) {
          if (pk === undefined || sk === undefined || !(Number(ttl?.N) < ended)) continue;
          await admin.send(new DeleteItemCommand({ TableName, Key: { pk, sk } }));
        }
      }
    },
    stop: async () => {
      admin.destroy();
      child.kill("SIGKILL");
      await ended;
    },
  };
};

/** Java takes its time where all cores are busy: half a minute. */
const triesMax = 1200;

const answering = async (endpoint: string, child: ChildProcess): Promise<void> => {
  for (let tries = 0; tries < triesMax; tries++) {
    if (child.exitCode !== null) throw new Error("the engine of DynamoDB ended at its start");
    try {
      await fetch(endpoint);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error("the engine of DynamoDB does not answer");
};
