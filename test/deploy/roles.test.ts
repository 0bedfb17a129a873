import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { type Kind, kinds } from "../../deploy/roles.ts";
import { handler as deliver } from "../../functions/jobs/deliver.ts";
import { handler as emitCheckpoints } from "../../functions/jobs/emit-checkpoints.ts";
import { handler as describeApiKey } from "../../functions/tokenhub/describe-api-key.ts";
import { handler as verify } from "../../functions/verify/http.ts";
import { handler as webhooks } from "../../functions/webhooks/http.ts";
import { eventKinds, type Gateway, type Invoke, lambdaContext, startGateway } from "../runtime/gateway.ts";
import { startCloud, stubCloud, type TestCloud } from "../support/cloud.ts";
import { type DynamoFaults, startDynamoFaults } from "../support/dynamodb-faults.ts";
import { callFacade } from "../support/facade.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";
import { sendingHere, startReceiver, told } from "../support/receiver.ts";
import { sdkClient } from "../support/sdk.ts";
import { newWebhook } from "../support/webhooks.ts";

/** What functions ask of the table, against their roles: a permission that is missing would show in AWS alone. */

let cloud: TestCloud;
let keyway: TestKeyway;
let door: DynamoFaults;
let gateway: Gateway | undefined;
beforeAll(async () => {
  cloud = await startCloud();
  stubCloud(cloud);
  keyway = await startKeyway({ env: { ...cloud.variables, ...sendingHere } });
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
beforeEach(async () => {
  door = await startDynamoFaults(cloud.engine.endpoint);
  vi.stubEnv("AWS_ENDPOINT_URL_DYNAMODB", door.url);
});
afterEach(async () => {
  await gateway?.close();
  gateway = undefined;
  await door.stop();
});
afterAll(async () => {
  await keyway.stop();
  vi.unstubAllEnvs();
  await cloud.stop();
});

const [httpApi] = eventKinds;

const behind = async (invoke: unknown): Promise<Gateway> => {
  if (httpApi === undefined) throw new Error("no kind of event");
  gateway = await startGateway(httpApi.toEvent, invoke as Invoke);
  return gateway;
};

const unallowed = (kind: Kind): readonly string[] =>
  [...door.permissions].filter(
    (permission) => !(kinds[kind].table as readonly string[]).includes(permission),
  );

it("verifies, settles, limits and counts refusals within the role, all of which is used", async () => {
  const limits = { requestsPerMinute: 100, tokensPerMinute: 1000 };
  const made = await callFacade(keyway, "POST", "/v1/keys", {
    body: { provider: "aione", name: "narrow", limits },
  });
  const { value: key } = (made.body as { material: { value: string } }).material;
  const { host } = await behind(verify);
  const call = (method: string, path: string, options: Parameters<typeof callFacade>[3] = {}) =>
    callFacade({ url: `http://${host}`, root: keyway.root }, method, path, options);
  const body = { key, cost: { tokens: 10 } };
  const { body: verdict } = await call("POST", "/v1/verify?scope=partial", { body });
  expect(verdict).toMatchObject({ code: "VALID" });
  const { requestId } = verdict as { requestId: string };
  const settled = await call("POST", `/v1/verify/${requestId}/settle`, { body: { inputTokens: 3 } });
  expect(settled.status).toBe(200);
  const batch = await call("POST", "/v1/verify:batch?scope=partial", { body: { keys: [body] } });
  expect(batch.status).toBe(200);
  const forwarded = { "x-keyway-token": keyway.root.token, "x-api-key": key };
  const asked = await call("GET", "/v1/verify?scope=partial", { token: null, headers: forwarded });
  expect(asked.status).toBe(204);
  expect((await call("POST", "/v1/verify", { body: { key: 1 } })).status).toBe(422);
  // What is counted in memory leaves with the twentieth call.
  for (let calls = 0; calls < 20; calls++) await call("POST", "/v1/verify?scope=partial", { body });
  expect([...door.permissions].toSorted()).toEqual([...kinds.verifying.table].toSorted());
});

it("takes a report and ends its key within the role of managing", async () => {
  const made = await callFacade(keyway, "POST", "/v1/keys", { body: { provider: "aione", name: "leaked" } });
  const { key, material } = made.body as { key: { id: string }; material: { value: string } };
  const { host } = await behind(webhooks);
  const server = { url: `http://${host}`, root: keyway.root };
  for (const secret of [material.value, "of-nobody"]) {
    const reply = await callFacade(server, "POST", "/v1/leaks", { token: null, body: { key: secret } });
    expect([reply.status, reply.text]).toEqual([202, '{"accepted":true}']);
  }
  const { body } = await callFacade(keyway, "GET", `/v1/keys/aione/${key.id}`);
  expect(body).toMatchObject({ key: { status: "disabled" } });
  const elsewhere = await callFacade(server, "GET", "/v1/keys");
  expect(elsewhere.status).toBe(404);
  expect(unallowed("managing")).toEqual([]);
});

it("shows a secret within the role of a reading", async () => {
  const client = sdkClient(keyway);
  const { ApiKeyId = "" } = await client.CreateApiKey({
    ApiKeyName: "shown",
    Platform: "maas",
    BindType: "all",
  });
  const { host } = await behind(describeApiKey);
  const reader = sdkClient({ host, root: keyway.root });
  expect((await reader.DescribeApiKey({ ApiKeyId, Platform: "maas" })).ApiKey).toBeDefined();
  expect(door.permissions).toContain("PutItem");
  expect(unallowed("reading")).toEqual([]);
});

it("delivers events within its role", async () => {
  vi.stubEnv("KEYWAY_CONFIG", sendingHere.KEYWAY_CONFIG);
  const receiver = await startReceiver();
  const { deliveries } = await newWebhook(keyway, receiver.url);
  await callFacade(keyway, "POST", "/v1/keys", { body: { provider: "aione", name: "told" } });
  await deliver(undefined, lambdaContext());
  expect(receiver.received.map((one) => told(one).type)).toEqual(["key.created"]);
  expect(await deliveries()).toMatchObject([{ state: "delivered" }]);
  expect(door.permissions).toContain("Query");
  expect(unallowed("delivering")).toEqual([]);
  await receiver.stop();
});

it("emits checkpoints within the role of a witness", async () => {
  await emitCheckpoints(undefined, lambdaContext());
  expect(door.permissions).toContain("Query");
  expect(unallowed("witnessing")).toEqual([]);
});
