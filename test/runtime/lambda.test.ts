import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { accountId } from "../../lib/schemas/key.ts";
import configuration from "../../serverless.ts";
import { startCloud, stubCloud, type TestCloud } from "../support/cloud.ts";
import { madeUpRoot, rootVariables } from "../support/keyway.ts";
import { codeOf, sdkClient, type TokenhubClient, ways } from "../support/sdk.ts";
import { eventKinds, type Invoke, lambdaContext, startGateway, type ToEvent } from "./gateway.ts";

/** The functions as Lambda runs them: their own handlers, over each kind of event, called by the official SDK. */

const root = madeUpRoot();
let cloud: TestCloud;
const platform = { Platform: "maas" };

const isHandler = (value: unknown): value is Invoke => typeof value === "function";

const load = async (file: string): Promise<Invoke> => {
  const [, service = "", name = ""] = file.split("/");
  const module =
    file === "functions/http"
      ? await import("../../functions/http.ts")
      : await import(`../../functions/${service}/${name}.ts`);
  if (!isHandler(module.handler)) throw new Error(`${file} exports no handler`);
  return module.handler;
};

const handlers = new Map<string, Invoke>();
const handlerOf = (name: string): Invoke => {
  const handler = handlers.get(name);
  if (handler === undefined) throw new Error(`no function is called ${name}`);
  return handler;
};

let log = "";
beforeAll(async () => {
  cloud = await startCloud();
  stubCloud(cloud);
  const variables = { KEYWAY_ACTION_RPS: "0", ...rootVariables(root) };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  for (const [name, settings] of Object.entries(configuration.functions ?? {})) {
    // No HTTP event comes to the authorizer or to the jobs: see their own tests.
    if (["verify-authorizer", "sweep", "deliver", "emit-checkpoints"].includes(name)) continue;
    handlers.set(name, await load(String(settings.handler).replace(/\.handler$/, "")));
  }
});
beforeEach(() => {
  log = "";
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    log += String(text);
    return true;
  });
});
afterAll(() => {
  vi.unstubAllEnvs();
  return cloud.stop();
});

type Way = (typeof ways)[number];

/** One call of the SDK through a gateway that makes events of that kind, to one function. */
const through = async <Reply>(
  toEvent: ToEvent,
  invoke: Invoke,
  call: (client: TokenhubClient) => Promise<Reply>,
  options: Partial<Way> & { readonly secretKey?: string } = {},
): Promise<Reply> => {
  const gateway = await startGateway(toEvent, invoke);
  const { secretKey = root.secretKey, ...way } = options;
  try {
    return await call(
      sdkClient({ host: gateway.host, root }, { ...way, credentials: { ...root, secretKey } }),
    );
  } finally {
    await gateway.close();
  }
};

const bodyOf = async (reply: ReturnType<Invoke>): Promise<unknown> => JSON.parse((await reply).body);
const errorCode = (code: string): unknown =>
  expect.objectContaining({
    Response: { Error: { Code: code, Message: expect.any(String) }, RequestId: expect.any(String) },
  });

/** All documented actions and the extension, each answered by what `functionOf` says. */
const live = async (toEvent: ToEvent, functionOf: (name: string) => string, way: Way): Promise<void> => {
  const call = <Reply>(name: string, does: (client: TokenhubClient) => Promise<Reply>): Promise<Reply> =>
    through(toEvent, handlerOf(functionOf(name)), does, way);

  const name = `it's *(a)* "key" + 测试 & % ~!`;
  const { ApiKeyId = "" } = await call("create-api-key", (client) =>
    client.CreateApiKey({
      ApiKeyName: name,
      ...platform,
      BindType: "all",
      IpWhitelist: ["10.0.0.0/24", "1.2.3.4"],
      Quotas: [{ CycleUnit: "d", CycleCredits: "100000" }],
    }),
  );
  const described = await call("describe-api-key", (client) =>
    client.DescribeApiKey({ ApiKeyId, ...platform }),
  );
  expect(described).toMatchObject({ ApiKeyId, Name: name, IpWhitelist: ["10.0.0.0/24", "1.2.3.4"] });
  expect(described.ApiKey).toMatch(/^sk-[0-9A-Za-z]{48}$/);

  await call("modify-api-key-info", (client) =>
    client.ModifyApiKeyInfo({ ApiKeyId, ...platform, Remark: "50 % of 'it' + (more)*" }),
  );
  await call("modify-api-key-status", (client) =>
    client.ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: "disable" }),
  );
  await call("modify-api-key-bindings", (client) =>
    client.request("ModifyApiKeyBindings", {
      ApiKeyId,
      ...platform,
      BindType: "model_custom_endpoint_custom",
      Bindings: [{ ResourceType: "model", ResourceId: "hunyuan" }],
    }),
  );
  const listed = await call("describe-api-key-list", (client) =>
    client.DescribeApiKeyList({
      ...platform,
      Filters: [{ Name: "apiKeyName", Op: "EXACT", Values: [name] }],
      Limit: 10,
    }),
  );
  expect(listed).toMatchObject({
    TotalCount: 1,
    ApiKeySet: [
      {
        ApiKeyId,
        Remark: "50 % of 'it' + (more)*",
        Status: "disable",
        BindingItems: [{ ResourceType: "model", ResourceId: "hunyuan" }],
      },
    ],
  });
  await call("delete-api-key", (client) => client.DeleteApiKey({ ApiKeyId, ...platform }));
  const gone = call("describe-api-key", (client) => client.DescribeApiKey({ ApiKeyId, ...platform }));
  expect(await codeOf(gone)).toBe("ResourceNotFound");
};

describe.each(eventKinds)("by $kind", ({ toEvent }) => {
  describe.each(ways)("signed with $signMethod, sent by $reqMethod", (way) => {
    it("the one door serves every action", () => live(toEvent, () => "http", way));

    it("each action's own function serves its action", () =>
      live(toEvent, (name) => `tokenhub-${name}`, way));

    it("a wrong SecretKey is refused", async () => {
      const secretKey = `${root.secretKey}x`;
      for (const name of ["http", "tokenhub-describe-api-key-list"]) {
        const call = through(
          toEvent,
          handlerOf(name),
          (client) => client.DescribeApiKeyList({ ...platform, Limit: 1 }),
          { ...way, secretKey },
        );
        expect(await codeOf(call)).toBe("AuthFailure.SignatureFailure");
      }
    });

    it("an action's own function refuses another action's name", async () => {
      const call = through(
        toEvent,
        handlerOf("tokenhub-describe-api-key"),
        (client) => client.DeleteApiKey({ ApiKeyId: "ak-20260320-a1b2c3d4", ...platform }),
        way,
      );
      expect(await codeOf(call)).toBe("InvalidAction");
    });
  });
});

describe("an invocation that carries no signed request is refused", () => {
  const events: readonly (readonly [what: string, event: unknown])[] = [
    ["nothing", undefined],
    ["null", null],
    ["the parameters alone", { ApiKeyId: "ak-20260320-a1b2c3d4", Platform: "maas" }],
    ["the name of an action", { Action: "DeleteApiKey", Version: "2026-03-22" }],
    ["a queue's event", { Records: [{ eventSource: "aws:sqs", body: "{}" }] }],
    ["a load balancer's event", { httpMethod: "GET", path: "/", requestContext: { elb: {} }, headers: {} }],
    ["an HTTP event with a body that is no text", { version: "2.0", requestContext: { http: {} }, body: {} }],
  ];

  /** An event without a path is for `/`, where AIone has nothing, nor have those that verify or take reports. */
  const refusalOf = (name: string, code: string): unknown => {
    if (name === "verify" || name === "webhooks") return expect.objectContaining({ code: "route_unknown" });
    return name.startsWith("aione-") ? { error: expect.anything() } : errorCode(code);
  };

  it.each(events)("%s", async (_, event) => {
    for (const [name, handler] of handlers) {
      const body = await bodyOf(handler(event, lambdaContext(name)));
      expect(body, name).toEqual(refusalOf(name, "MissingParameter"));
    }
  });

  it("an HTTP event without a signature", async () => {
    const event = {
      version: "2.0",
      rawPath: "/",
      headers: { "X-TC-Action": "DescribeApiKeyList", "X-TC-Version": "2026-03-22", "X-TC-Timestamp": "1" },
      requestContext: { http: { method: "POST" } },
      body: "{}",
    };
    for (const [name, handler] of handlers) {
      const body = await bodyOf(handler(event, lambdaContext(name)));
      expect(body, name).toEqual(refusalOf(name, "AuthFailure.InvalidAuthorization"));
    }
  });

  it("a signed request with one byte of its body changed", async () => {
    for (const { kind, toEvent } of eventKinds.filter(({ kind }) => kind !== "function URL")) {
      let event: unknown;
      const list = (client: TokenhubClient) => client.DescribeApiKeyList({ ...platform, Limit: 1 });
      const keep: Invoke = (given, context) => {
        event = given;
        return handlerOf("http")(given, context);
      };
      await through(toEvent, keep, list);
      const changed: unknown = JSON.parse(JSON.stringify(event).replace(/Limit\\":1/, 'Limit\\":2'));
      expect(changed, kind).not.toEqual(event);
      const body = await bodyOf(handlerOf("http")(changed, lambdaContext()));
      expect(body, kind).toEqual(errorCode("AuthFailure.SignatureFailure"));
    }
  });
});

describe("before its reply leaves", () => {
  it("a call stands in the log", async () => {
    const event = {
      version: "2.0",
      rawPath: "/v1/accounts",
      headers: { authorization: `Bearer ${root.token}` },
      requestContext: { http: { method: "GET" } },
    };
    const { statusCode, headers } = await handlerOf("http")(event, lambdaContext());
    expect(statusCode).toBe(200);
    expect(log).toContain(headers["x-request-id"]);
  });

  it("a refusal stands in the store", async () => {
    const [direct] = eventKinds.slice(-1);
    if (direct === undefined) throw new Error("no kinds");
    let refused = "";
    const list = async (client: TokenhubClient): Promise<void> => {
      await client.DescribeApiKeyList(platform).catch(({ requestId }: { requestId: string }) => {
        refused = requestId;
      });
    };
    await through(direct.toEvent, handlerOf("http"), list, { secretKey: `${root.secretKey}x` });
    const store = cloud.openStore();
    const { items } = await store.listRefusals(accountId.parse("100000000001"), null, 100);
    await store.close();
    expect(items.map(({ lastRequestId }) => lastRequestId)).toContain(refused);
  });
});

describe("the facade behind the same door", () => {
  it.each(eventKinds)("by $kind: a token opens it, no token does not", async ({ toEvent }) => {
    const gateway = await startGateway(toEvent, handlerOf("http"));
    try {
      const url = `http://${gateway.host}/v1/accounts?limit=5`;
      const open = await fetch(url, { headers: { authorization: `Bearer ${root.token}` } });
      expect(open.status).toBe(200);
      expect(await open.json()).toMatchObject({ items: [{ name: "root" }] });
      const closed = await fetch(url);
      expect(closed.status).toBe(401);
      expect(closed.headers.get("www-authenticate")).toBe('Bearer realm="keyway"');
      const body = JSON.stringify({ name: "not this one", unknown: 1 });
      const headers = { authorization: `Bearer ${root.token}`, "content-type": "application/json" };
      const refused = await fetch(`http://${gateway.host}/v1/accounts`, { method: "POST", headers, body });
      expect(refused.status).toBe(422);
    } finally {
      await gateway.close();
    }
  });
});
