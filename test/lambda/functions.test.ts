import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { eventKinds, lambdaContext } from "../runtime/gateway.ts";
import { apigatewayClient } from "../support/apigateway-client.ts";
import { startCloud, type TestCloud } from "../support/cloud.ts";
import { csipClient } from "../support/csip-client.ts";
import { callFacade, type IssuedCredential, issueCredential } from "../support/facade.ts";
import { facadeOf } from "../support/facade-client.ts";
import { madeUpRoot, rootVariables } from "../support/keyway.ts";
import type { FunctionError, Lambda } from "../support/lambda.ts";
import { sdkClient } from "../support/sdk.ts";
import { tokenOf, verifierOf } from "../support/verify-client.ts";
import { type Functions, functions, invokeHttp, openFunctions, vector } from "./support.ts";

/** The zips as they are deployed, in AWS's own runtime, on a table and a master key like those of a deployment. */

const authorizer = "functions/verify/authorizer";
const verify = "functions/verify/http";
const webhooks = "functions/webhooks/http";
const jobs = functions.map(({ file }) => file).filter((file) => file.startsWith("functions/jobs/"));
const served = functions
  .map(({ file }) => file)
  .filter((file) => file !== authorizer && !jobs.includes(file));

const root = madeUpRoot();
const platform = { Platform: "maas" };
let cloud: TestCloud;
let deployed: Functions;
let verifier: IssuedCredential;

const [httpApi] = eventKinds;
if (httpApi === undefined) throw new Error("no kinds");

beforeAll(async () => {
  cloud = await startCloud();
  deployed = openFunctions({ ...cloud.variables, ...rootVariables(root), KEYWAY_ACTION_RPS: "0" });
  verifier = await deployed.through(httpApi.toEvent, "functions/http", ({ url }) =>
    issueCredential({ url, root }, "verifier"),
  );
});
afterAll(async () => {
  await deployed.stop();
  await cloud.stop();
});

const authorizing = (): Promise<Lambda> =>
  deployed.of(authorizer, { KEYWAY_AUTHORIZER_TOKEN: verifier.token });

const authorize = async (key: string): Promise<unknown> =>
  (await authorizing()).invoke({
    ...vector("authorizer/http-api-2.0"),
    headers: { authorization: `Bearer ${key}` },
  });

describe.each(eventKinds)("by $kind", ({ toEvent }) => {
  it("a key is made by one function, read by another, good by each, and disabled for all at once", async () => {
    const through = <T>(file: string, use: (at: { host: string; url: string }) => Promise<T>): Promise<T> =>
      deployed.through(toEvent, file, use);
    const verdicts = async (key: string): Promise<readonly string[]> => {
      const told: string[] = [];
      for (const file of ["functions/http", verify].filter((one) => served.includes(one))) {
        await through(file, async ({ url }) => {
          const { code } = await verifierOf({ url, root }).verify({ key }, { token: verifier.token });
          told.push(code);
        });
      }
      return [...new Set(told)];
    };

    const { ApiKeyId = "" } = await through("functions/http", ({ host }) =>
      sdkClient({ host, root }).CreateApiKey({ ApiKeyName: "packaged", ...platform, BindType: "all" }),
    );
    const { ApiKey = "" } = await through("functions/tokenhub/describe-api-key", ({ host }) =>
      sdkClient({ host, root }).DescribeApiKey({ ApiKeyId, ...platform }),
    );
    expect(ApiKey).toMatch(/^sk-[0-9A-Za-z]{48}$/);
    expect(await verdicts(ApiKey)).toEqual(["VALID"]);
    expect(await authorize(ApiKey)).toMatchObject({
      isAuthorized: true,
      context: { status: "VALID", keyId: ApiKeyId },
    });

    await through("functions/tokenhub/modify-api-key-status", ({ host }) =>
      sdkClient({ host, root }).ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: "disable" }),
    );
    expect(await verdicts(ApiKey)).toEqual(["DISABLED"]);
    expect(await authorize(ApiKey)).toEqual({
      isAuthorized: false,
      context: { status: "DISABLED" },
    });
  });

  it("an action of each other service answers its own client", async () => {
    const created = await deployed.through(toEvent, "functions/apigateway/create-api-key", ({ host }) =>
      apigatewayClient({ host, root }).CreateApiKey({ SecretName: "packaged" }),
    );
    expect(created.Result?.AccessKeyId).toMatch(/^AKID/);
    const listed = await deployed.through(
      toEvent,
      "functions/csip/describe-key-sandbox-credential-list",
      ({ host }) => csipClient({ host, root }).DescribeKeySandboxCredentialList({}),
    );
    expect(listed).toMatchObject({ TotalCount: 0 });
    await deployed.through(toEvent, "functions/aione/list-keys", async ({ url }) => {
      const { status } = await callFacade({ url, root }, "GET", "/api/v1/gateway/keys");
      expect(status).toBe(200);
    });
  });
});

describe("the authorizer's events", () => {
  it.each([
    ["http-api-2.0", { isAuthorized: false, context: { status: "KEY_MISSING" } }],
    ["http-api-1.0", { policyDocument: { Statement: [{ Effect: "Deny" }] } }],
    ["rest-api", { policyDocument: { Statement: [{ Effect: "Deny" }] } }],
  ])("%s without a key gets a refusal of its own form", async (name, refusal) => {
    expect(await (await authorizing()).invoke(vector(`authorizer/${name}`))).toMatchObject(refusal);
  });

  it.each(["authorizer/rest-api-token", "events/schedule", "events/direct-post"])(
    "%s is none, and gets an error",
    async (name) => {
      const call = (await authorizing()).invoke(vector(name));
      await expect(call).rejects.toThrow("not an event of a REQUEST authorizer");
    },
  );
});

describe("recorded events with their signatures, at the time of those", () => {
  const then = 1_780_000_000_000;
  const recorded = {
    secretId: "AKIDVECTORVECTORVECTORVECTORVECTOR01",
    secretKey: "VectorSecretKey0123456789abcdef01",
  };
  /** Loaded before the function: its clock goes on from then. */
  const clock = `
    const { now } = Date, ahead = ${then} - now();
    globalThis.Date = class extends Date {
      constructor(...given) { super(...(given.length === 0 ? [now() + ahead] : given)); }
      static now() { return now() + ahead; }
    };`;
  let past: Functions;

  beforeAll(async () => {
    past = openFunctions({
      ...cloud.variables,
      KEYWAY_TABLE: await cloud.engine.createTable(),
      ...rootVariables({ ...root, ...recorded }),
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(clock)}`,
    });
  });
  afterAll(() => past.stop());

  const ask = async (file: string, event: unknown): Promise<unknown> => {
    const { body } = await invokeHttp(await past.of(file))(event, lambdaContext());
    return JSON.parse(body);
  };

  it.each([
    ["http-api-post", "DescribeApiKey"],
    ["http-api-get", "DescribeApiKeyList"],
    ["http-api-form", "DescribeApiKeyList"],
    ["function-url-post", "DescribeApiKey"],
    ["rest-api-post", "DescribeApiKey"],
    ["rest-api-get", "DescribeApiKeyList"],
    ["direct-post", "DescribeApiKey"],
  ])("%s is a call of %s", async (name, action) => {
    const answer =
      action === "DescribeApiKey"
        ? { Response: { Error: { Code: "ResourceNotFound" } } }
        : { Response: { TotalCount: 0, ApiKeySet: [] } };
    expect(await ask("functions/http", vector(`events/${name}`))).toMatchObject(answer);
  });

  it.each(["load-balancer-get", "schedule", "queue"])("%s is no call", async (name) => {
    expect(await ask("functions/http", vector(`events/${name}`))).toMatchObject({
      Response: { Error: { Code: "MissingParameter" } },
    });
  });
});

describe("whoever invokes a function unsigned", () => {
  it.each(served)("gets nothing of %s", async (file) => {
    const { headers, ...event } = vector("events/direct-post");
    const { Authorization: _, ...unsigned } = headers as Record<string, string>;
    const rawPath = ownPaths[file] ?? "/";
    const lambda = await deployed.of(file);
    const { body } = await invokeHttp(lambda)({ ...event, rawPath, headers: unsigned }, lambdaContext());
    expect(JSON.parse(body)).toMatchObject(refusalOf(file));
  });
});

/** Of those that are not asked at `/`. No sender of reports is configured here: its door is not there. */
const ownPaths: Readonly<Record<string, string>> = { [verify]: "/v1/verify", [webhooks]: "/webhooks/github" };

const refusalOf = (file: string): object => {
  if (file === verify) return { status: 401 };
  if (file === webhooks) return { status: 404, code: "route_unknown" };
  if (file.startsWith("functions/aione/")) return { error: expect.anything() };
  return { Response: { Error: { Code: "AuthFailure.InvalidAuthorization" } } };
};

describe("at its hour", () => {
  const round = async (file: string): Promise<Lambda> => {
    const lambda = await deployed.of(file);
    await lambda.invoke(vector("events/schedule"));
    return lambda;
  };

  it("a checkpoint stands in the log before it is over", async () => {
    const lambda = await round("functions/jobs/emit-checkpoints");
    await expect.poll(() => lambda.log()).toContain("audit checkpoint");
  });

  it("a limit that was reached is told: `sweep` makes the event, and `deliver` sends it", async () => {
    await deployed.through(httpApi.toEvent, "functions/http", async ({ url }) => {
      const facade = facadeOf({ url, root });
      // Nobody answers there, so that sending leaves an attempt, and nothing leaves the machine.
      const endpoint = { url: "https://receiver.invalid/", types: ["limit.reached"] };
      const { body } = await facade.call("POST", "/v1/webhooks", endpoint);
      const { id } = z.object({ webhook: z.object({ id: z.string() }) }).parse(body).webhook;
      const { key, material } = await facade.create("tokenhub", { limits: { requestsPerMinute: 1 } });
      const { verify } = verifierOf({ url, root });
      const ask = () => verify({ key: tokenOf({ material }) }, { token: verifier.token });
      while ((await ask()).code !== "RATE_LIMITED");
      await round("functions/jobs/sweep");
      await round("functions/jobs/deliver");
      const { body: told } = await facade.call("GET", `/v1/webhooks/${id}/deliveries`);
      expect(told).toMatchObject({
        items: [
          {
            event: { type: "limit.reached", subject: `tokenhub/${key.id}` },
            state: "retrying",
            attempts: [{ status: null, fault: expect.any(String) }],
          },
        ],
      });
    });
  });
});

describe("a process that is frozen after its reply", () => {
  it("has said all that it had to say", async () => {
    const lambda = await deployed.of("functions/http");
    const { body } = await invokeHttp(lambda)(vector("events/direct-post"), lambdaContext());
    const { RequestId } = JSON.parse(body).Response;
    expect(RequestId).toMatch(/./);
    await expect.poll(() => lambda.log()).toContain(RequestId);
  });

  it("is the same for the next call, and has said no secret", async () => {
    const lambda = await deployed.of("functions/http");
    expect(lambda.processes).toHaveLength(1);
    const logs = await deployed.logs();
    for (const secret of [root.secretKey, root.token, verifier.token]) expect(logs).not.toContain(secret);
  });
});

it("a function without its table fails, and says which variables it misses", async () => {
  const bare = openFunctions({});
  const call = (await bare.of("functions/http")).invoke(vector("events/direct-post"));
  const fault = await call.catch((error: FunctionError) => error);
  await bare.stop();
  expect(fault).toMatchObject({
    type: "DataFault",
    message: expect.stringContaining("KEYWAY_TABLE and KEYWAY_KMS_KEY"),
  });
});
