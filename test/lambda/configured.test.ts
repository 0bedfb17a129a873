import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { type ModelServer, startModelServer } from "../providers/upstream/model-server.ts";
import { eventKinds } from "../runtime/gateway.ts";
import { startCloud, type TestCloud } from "../support/cloud.ts";
import { type DynamoFaults, startDynamoFaults } from "../support/dynamodb-faults.ts";
import { callFacade, type FacadeReply, type IssuedCredential, issueCredential } from "../support/facade.ts";
import { facadeOf } from "../support/facade-client.ts";
import { madeUpRoot, rootVariables, temporaryFolder } from "../support/keyway.ts";
import { callMs, type FunctionError, type Lambda } from "../support/lambda.ts";
import { type KeywayProcess, spawnKeyway } from "../support/process.ts";
import { startReceiver, told } from "../support/receiver.ts";
import { sdkClient } from "../support/sdk.ts";
import { startSsm, type TestSsm } from "../support/ssm.ts";
import { verifierOf } from "../support/verify-client.ts";
import { newWebhook } from "../support/webhooks.ts";
import { type Functions, openFunctions, vector } from "./support.ts";

/** Packaged functions with a configuration, in AWS's own runtime; the real system is another Keyway, the store of secrets ours. */

const http = "functions/http";
const verify = "functions/verify/http";
const reports = "functions/webhooks/http";
const sweep = "functions/jobs/sweep";
const create = "functions/tokenhub/create-api-key";
/** Who is told the parameter's name, and may read it. */
const readers: readonly string[] = [http, reports, sweep, create];

const [httpApi] = eventKinds;
if (httpApi === undefined) throw new Error("no kinds");
const { toEvent } = httpApi;

const root = madeUpRoot();
const gitlabToken = "made-up-token-of-a-sender-0123456789";
const parameter = "/keyway-test/secrets";
const platform = { Platform: "maas" };
const folder = temporaryFolder();

let cloud: TestCloud;
let ssm: TestSsm;
let real: KeywayProcess;
let front: Front;
let models: ModelServer;
let door: DynamoFaults;
let deployed: Functions;
let verifier: IssuedCredential;

beforeAll(async () => {
  [cloud, ssm, real] = await Promise.all([
    startCloud(),
    startSsm(),
    spawnKeyway(madeUpRoot(), { KEYWAY_DATA: folder }),
  ]);
  [front, models, door] = await Promise.all([
    startFront(real.url),
    startModelServer(real),
    startDynamoFaults(cloud.engine.endpoint),
  ]);
  const { secretId, secretKey } = real.root;
  ssm.put(parameter, JSON.stringify({ REAL_ID: secretId, REAL_KEY: secretKey, LAB: gitlabToken }));
  const variables = {
    ...cloud.variables,
    ...rootVariables(root),
    AWS_ENDPOINT_URL_SSM: ssm.url,
    AWS_ENDPOINT_URL_DYNAMODB: door.url,
    KEYWAY_CONFIG: "deploy/keyway.json",
    KEYWAY_ACTION_RPS: "0",
  };
  deployed = openFunctions(variables, {
    providers: {
      tokenhub: {
        service: "tokenhub",
        endpoint: front.url,
        region: "ap-guangzhou",
        credential: { secretIdEnv: "REAL_ID", secretKeyEnv: "REAL_KEY" },
        dataPlane: { url: `${models.url}/v1/models` },
      },
      aione: { service: "aione" },
      csip: { service: "csip" },
    },
    leaks: { gitlab: { tokenEnv: "LAB" } },
    webhooks: { networks: ["127.0.0.0/8"] },
    verification: { limits: "fast", keyHeader: "x-gateway-key" },
  });
  for (const file of readers) await deployed.of(file, { KEYWAY_SECRETS: parameter });
  verifier = await at(http, (keyway) => issueCredential(keyway, "verifier"));
});
beforeEach(() => front.heal());
afterAll(async () => {
  await deployed.stop();
  await Promise.all([
    cloud.stop(),
    ssm.stop(),
    real.end("SIGTERM"),
    front.stop(),
    models.stop(),
    door.stop(),
  ]);
  rmSync(folder, { recursive: true, force: true });
});

type Keyway = { readonly url: string; readonly host: string; readonly root: typeof root };
const at = <T>(file: string, use: (keyway: Keyway) => Promise<T>): Promise<T> =>
  deployed.through(toEvent, file, ({ url, host }) => use({ url, host, root }));
const facade = (method: string, path: string, options: Parameters<typeof callFacade>[3] = {}) =>
  at(http, (keyway) => callFacade(keyway, method, path, options));

const made = z.object({ key: z.object({ id: z.string() }), material: z.object({ value: z.string() }) });
const newKey = async (provider: string, more: object = {}): Promise<{ id: string; value: string }> => {
  const { status, text, body } = await facade("POST", "/v1/keys", {
    body: { provider, name: "in the cloud", ...more },
  });
  expect([status, text]).toEqual([201, expect.any(String)]);
  const { key, material } = made.parse(body);
  return { id: key.id, value: material.value };
};
const works = async (key: string): Promise<boolean> => (await verifierOf(real).verify({ key })).valid;
const listed = async (): Promise<readonly string[]> => {
  const { body } = await facade("GET", "/v1/keys?provider=tokenhub");
  return z
    .object({ items: z.array(z.object({ id: z.string() })), warnings: z.tuple([]) })
    .parse(body)
    .items.map(({ id }) => id);
};

describe("a real system in the cloud", () => {
  it("keys are made, listed and disabled, and what ends is looked after by the clock", async () => {
    const { id, value } = await newKey("tokenhub");
    expect(await works(value)).toBe(true);
    expect(await listed()).toContain(id);

    const { status, body } = await facade("POST", `/v1/keys/tokenhub/${id}/disable`);
    expect([status, body]).toEqual([200, expect.objectContaining({ receipt: expect.anything() })]);
    expect(await works(value)).toBe(false);
    await (await deployed.of(sweep)).invoke(vector("events/schedule"));
    const receipts = await facade("GET", `/v1/receipts?provider=tokenhub&key=${id}`);
    expect(receipts.body).toMatchObject({
      items: [{ evidence: "probe", state: "done", stoppedAt: expect.any(String) }],
    });
  });

  it("the old key of a rotation is ended by the clock when its grace is over", async () => {
    const { id, value } = await newKey("tokenhub");
    const { body } = await facade("POST", `/v1/keys/tokenhub/${id}/rotate`, { body: { grace: 1 } });
    const { material } = made.parse(body);
    expect([await works(value), await works(material.value)]).toEqual([true, true]);
    await sleep(1100);
    await (await deployed.of(sweep)).invoke(vector("events/schedule"));
    await expect.poll(() => works(value)).toBe(false);
    expect(await works(material.value)).toBe(true);
  });

  it("an action's own function passes its call on", async () => {
    const { ApiKeyId = "" } = await at(create, (keyway) =>
      sdkClient(keyway).CreateApiKey({ ApiKeyName: "passed on", ...platform, BindType: "all" }),
    );
    const { status } = await facadeOf(real).call("GET", `/v1/keys/tokenhub/${ApiKeyId}`);
    expect(status).toBe(200);
  });

  it("no connection is kept while the process is frozen, when it may die unnoticed", async () => {
    for (let key = 0; key < 3; key++) await newKey("tokenhub");
    expect(front.reused()).toBe(0);
  });

  it("one that hangs is told before the function is killed", async () => {
    const lambda = await deployed.of(http);
    await listed(); // its process is there, and open
    lambda.limit(8000);
    front.hang();
    const { status, body } = await facade("POST", "/v1/keys", {
      body: { provider: "tokenhub", name: "never answered" },
    });
    lambda.limit(callMs);
    expect([status, body]).toEqual([
      expect.any(Number),
      expect.objectContaining({ code: "outcome_unknown" }),
    ]);
    expect(lambda.calls.at(-1)?.fault).toBeUndefined();
  });
});

describe("what else the configuration says", () => {
  it("a sender of leak reports is listened to, by its own secret alone", async () => {
    const { id, value } = await newKey("aione");
    const report = (token: string): Promise<FacadeReply> =>
      at(reports, (keyway) =>
        callFacade(keyway, "POST", "/webhooks/gitlab", {
          token: null,
          headers: { "x-gitlab-token": token },
          body: [{ type: "aione_key", token: value, url: "https://example.com/leaked" }],
        }),
      );
    const status = async (): Promise<unknown> => {
      const { body } = await facade("GET", `/v1/keys/aione/${id}`);
      return z.object({ key: z.object({ status: z.string() }) }).parse(body).key.status;
    };
    expect((await report(`${gitlabToken}x`)).status).toBe(401);
    expect(await status()).toBe("enabled");
    expect((await report(gitlabToken)).status).toBeLessThan(300);
    expect(await status()).toBe("disabled");
  });

  it("limits that are fast are so where keys are verified", async () => {
    const { value } = await newKey("aione", { limits: { requestsPerMinute: 1600 } });
    const before = door.operations.length;
    for (let calls = 0; calls < 5; calls++) {
      const { code } = await at(verify, (keyway) =>
        verifierOf(keyway).verify({ key: value }, { token: verifier.token }),
      );
      expect(code).toBe("VALID");
    }
    const updates = door.operations.slice(before).filter((operation) => operation === "UpdateItem");
    // By the minute's end another share may be taken.
    expect(updates.length).toBeLessThanOrEqual(2);
  });

  it("the authorizer reads keys from the header that is named", async () => {
    const { value } = await newKey("aione");
    const lambda = await deployed.of("functions/verify/authorizer", {
      KEYWAY_AUTHORIZER_TOKEN: verifier.token,
    });
    const answer = await lambda.invoke({
      ...vector("authorizer/http-api-2.0"),
      headers: { "x-gateway-key": value },
    });
    expect(answer).toMatchObject({ isAuthorized: true });
  });

  it("events are sent to the networks that are opened", async () => {
    const receiver = await startReceiver();
    await at(http, (keyway) => newWebhook(keyway, receiver.url));
    const { id } = await newKey("aione");
    await (await deployed.of("functions/jobs/deliver")).invoke(vector("events/schedule"));
    const about = receiver.received.map((one) => told(one).data.id);
    expect(about).toContain(id);
    await receiver.stop();
  });

  it("an action of a service that Keyway keeps needs none of the secrets", async () => {
    await at("functions/aione/list-keys", async (keyway) => {
      expect((await callFacade(keyway, "GET", "/api/v1/gateway/keys")).status).toBe(200);
    });
  });
});

describe("the secrets", () => {
  it("were asked for once by each process that needs them, and by no other", async () => {
    const processes = await Promise.all(readers.map(async (file) => (await deployed.of(file)).processes));
    expect(ssm.asked).toEqual(processes.flat().map(() => parameter));
  });

  it("stand in no log", async () => {
    const logs = await deployed.logs();
    for (const secret of [real.root.secretId, real.root.secretKey, gitlabToken]) {
      expect(logs).not.toContain(secret);
    }
  });

  const faultOf = async (lambda: Lambda): Promise<FunctionError> =>
    lambda.invoke(vector("events/direct-post")).then(
      () => Promise.reject(new Error("it answered")),
      (error: FunctionError) => error,
    );

  it("that are not there are told by name, and found by the next call once they are", async () => {
    const lambda = await deployed.of("functions/tokenhub/describe-api-key", {
      KEYWAY_SECRETS: "/keyway-test/later",
    });
    expect(await faultOf(lambda)).toMatchObject({
      type: "ConfigFault",
      message: expect.stringContaining("the parameter /keyway-test/later cannot be read: ParameterNotFound"),
    });
    ssm.put("/keyway-test/later", JSON.stringify({ REAL_ID: real.root.secretId }));
    expect(await faultOf(lambda)).toMatchObject({
      type: "ConfigFault",
      message: expect.stringContaining("the variable REAL_KEY is not set"),
    });
    const { secretId: REAL_ID, secretKey: REAL_KEY } = real.root;
    ssm.put("/keyway-test/later", JSON.stringify({ REAL_ID, REAL_KEY }));
    expect(await lambda.invoke(vector("events/direct-post"))).toMatchObject({ statusCode: 200 });
  });
});

interface Front {
  readonly url: string;
  /** How many connections came with a second call, which such a connection does not survive. */
  readonly reused: () => number;
  /** Leaves every call without an answer until it heals. */
  hang(): void;
  heal(): void;
  stop(): Promise<void>;
}

/** Stands before the real system as a network does that forgets connections while nobody uses them. */
const startFront = async (target: string): Promise<Front> => {
  const used = new WeakSet<Socket>();
  let reused = 0;
  let isHanging = false;
  const pass = (incoming: IncomingMessage, body: Buffer): Promise<{ head: IncomingMessage; text: Buffer }> =>
    new Promise((resolve, reject) => {
      const { method, headers, url } = incoming;
      request(`${target}${url}`, { method, headers, agent: false }, async (head) => {
        const chunks: Buffer[] = [];
        for await (const chunk of head) chunks.push(chunk);
        resolve({ head, text: Buffer.concat(chunks) });
      })
        .on("error", reject)
        .end(body);
    });
  const server = createServer(async (incoming, reply) => {
    if (used.has(incoming.socket)) {
      reused += 1;
      incoming.socket.destroy();
      return;
    }
    used.add(incoming.socket);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    if (isHanging) return;
    const { head, text } = await pass(incoming, Buffer.concat(chunks));
    const { connection: _, "transfer-encoding": __, ...headers } = head.headers;
    reply.writeHead(head.statusCode ?? 500, headers).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    reused: () => reused,
    hang: () => {
      isHanging = true;
    },
    heal: () => {
      isHanging = false;
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
