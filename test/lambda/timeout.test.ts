import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { followChain } from "../contract/store/chain.ts";
import { eventKinds } from "../runtime/gateway.ts";
import { startCloud, type TestCloud } from "../support/cloud.ts";
import { type DynamoFaults, startDynamoFaults } from "../support/dynamodb-faults.ts";
import { callFacade, type FacadeReply } from "../support/facade.ts";
import { madeUpRoot, rootAccount, rootVariables } from "../support/keyway.ts";
import { callMs } from "../support/lambda.ts";
import { sdkClient, type TokenhubClient } from "../support/sdk.ts";
import { verifierOf } from "../support/verify-client.ts";
import { type Functions, openFunctions } from "./support.ts";

/** A function that is killed at its time limit in the middle of a commit, and what the same call gets when it comes again. */

const root = madeUpRoot();
const platform = { Platform: "maas" };
/** Enough for a new process to come to its commit, even on a busy machine. */
const limitMs = 4000;

const [httpApi] = eventKinds;
if (httpApi === undefined) throw new Error("no kinds");
const { toEvent } = httpApi;

let cloud: TestCloud;
let faults: DynamoFaults;
let deployed: Functions;
beforeAll(async () => {
  cloud = await startCloud();
  faults = await startDynamoFaults(cloud.engine.endpoint);
  deployed = openFunctions({
    ...cloud.variables,
    ...rootVariables(root),
    AWS_ENDPOINT_URL_DYNAMODB: faults.url,
  });
});
afterEach(() => faults.heal());
afterAll(async () => {
  await deployed.stop();
  await faults.stop();
  await cloud.stop();
});

/** The call hangs in its commit until its process is killed; another process answers from then on. */
const timedOut = async (file: string, isHandedOn: boolean, call: () => Promise<unknown>): Promise<void> => {
  const lambda = await deployed.of(file);
  const before = faults.hung();
  lambda.limit(limitMs);
  faults.hang("TransactWriteItems", isHandedOn);
  await call();
  faults.heal();
  lambda.limit(callMs);
  expect(faults.hung()).toBeGreaterThan(before);
  expect(lambda.calls.at(-1)?.fault).toBe("Sandbox.Timedout");
  await lambda.start();
  expect(new Set(lambda.processes).size).toBeGreaterThan(1);
};

const facade = (
  method: string,
  path: string,
  options: Parameters<typeof callFacade>[3] = {},
): Promise<FacadeReply> =>
  deployed.through(toEvent, "functions/http", ({ url }) => callFacade({ url, root }, method, path, options));

const native = <Reply>(file: string, call: (client: TokenhubClient) => Promise<Reply>): Promise<Reply> =>
  deployed.through(toEvent, `functions/tokenhub/${file}`, ({ host }) => call(sdkClient({ host, root })));

const keysNamed = async (name: string): Promise<readonly { readonly id: string }[]> => {
  const { body } = await facade("GET", "/v1/keys?provider=tokenhub&limit=100");
  return z
    .object({ items: z.array(z.object({ id: z.string(), name: z.string() })) })
    .parse(body)
    .items.filter((key) => key.name === name);
};

const chainHolds = async (): Promise<void> => {
  const store = cloud.openStore();
  const { seq } = await followChain(store, rootAccount);
  expect(seq).toBe((await store.readAuditHead(rootAccount)).seq);
  await store.close();
};

/** By what a key is for. */
const isWhole = async (key: string): Promise<void> => {
  const { code } = await deployed.through(toEvent, "functions/http", ({ url }) =>
    verifierOf({ url, root }).verify({ key }),
  );
  expect(code).toBe("VALID");
};

const ways = [
  ["whose answer is lost", true],
  ["that never arrived", false],
] as const;

describe.each(ways)("in a commit %s", (what, isHandedOn) => {
  it("a creation with an Idempotency-Key that is sent again makes one key, and answers it", async () => {
    const name = `once, ${what}`;
    const create = (): Promise<FacadeReply> =>
      facade("POST", "/v1/keys", {
        body: { provider: "tokenhub", name },
        headers: { "idempotency-key": `"${name.replaceAll(/\W/g, "-")}"` },
      });
    await facade("GET", "/v1/keys"); // its process is there, and open
    await timedOut("functions/http", isHandedOn, async () => expect((await create()).status).toBe(500));

    const again = await create();
    expect(again.status).toBe(201);
    expect(again.headers.get("idempotency-replayed")).toBe(isHandedOn ? "true" : null);
    const { key, material } = z
      .object({ key: z.object({ id: z.string() }), material: z.object({ value: z.string() }) })
      .parse(again.body);
    expect((await keysNamed(name)).map(({ id }) => id)).toEqual([key.id]);
    await isWhole(material.value);
    const third = await create();
    expect([third.headers.get("idempotency-replayed"), third.body]).toEqual(["true", again.body]);
    await chainHolds();
  });

  it("a creation without one leaves a whole key or none", async () => {
    const name = `plain, ${what}`;
    const create = () =>
      native("create-api-key", (client) =>
        client.CreateApiKey({ ApiKeyName: name, ...platform, BindType: "all" }),
      );
    await timedOut("functions/tokenhub/create-api-key", isHandedOn, () => expect(create()).rejects.toThrow());

    const left = await keysNamed(name);
    expect(left).toHaveLength(isHandedOn ? 1 : 0);
    await create();
    const all = await keysNamed(name);
    expect(all).toHaveLength(left.length + 1);
    for (const { id } of all) {
      const { ApiKey = "" } = await native("describe-api-key", (client) =>
        client.DescribeApiKey({ ApiKeyId: id, ...platform }),
      );
      await isWhole(ApiKey);
    }
    await chainHolds();
  });

  it("a change of a key is there or not, and can be made again", async () => {
    const created = await facade("POST", "/v1/keys", {
      body: { provider: "tokenhub", name: `changed, ${what}` },
    });
    const { id } = z.object({ key: z.object({ id: z.string() }) }).parse(created.body).key;
    const disable = () =>
      native("modify-api-key-status", (client) =>
        client.ModifyApiKeyStatus({ ApiKeyId: id, ...platform, Status: "disable" }),
      );
    const status = async () =>
      (await native("describe-api-key", (client) => client.DescribeApiKey({ ApiKeyId: id, ...platform })))
        .Status;
    await timedOut("functions/tokenhub/modify-api-key-status", isHandedOn, () =>
      expect(disable()).rejects.toThrow(),
    );
    expect(await status()).toBe(isHandedOn ? "disable" : "enable");
    await disable();
    expect(await status()).toBe("disable");
    await chainHolds();
  });
});
