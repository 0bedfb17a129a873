import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apigatewayClient } from "../../support/apigateway-client.ts";
import { callFacade } from "../../support/facade.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { sdkClient } from "../../support/sdk.ts";
import { type Pair, startPair } from "../../support/upstream.ts";

/** What Keyway keeps and says of native calls that it passes on. */

let pair: Pair;
let proxy: FaultProxy;
beforeAll(async () => {
  pair = await startPair({
    native: true,
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
});
afterAll(async () => {
  await pair.stop();
  await proxy.stop();
});

const keysPath = "/api/v1/gateway/keys";
const aione = (method: string, path: string, body?: object) =>
  callFacade(pair.keyway, method, `${keysPath}${path}`, { ...(body && { body }) });

/** A service's own calls, through Keyway. */
const native = {
  tokenhub: {
    make: async () => {
      const client = sdkClient(pair.keyway);
      const { ApiKeyId = "" } = await client.CreateApiKey({ ...platform, ApiKeyName: "n", BindType: "all" });
      return ApiKeyId;
    },
    change: (id: string) =>
      sdkClient(pair.keyway).ModifyApiKeyStatus({ ...platform, ApiKeyId: id, Status: "disable" }),
    remove: (id: string) => sdkClient(pair.keyway).DeleteApiKey({ ...platform, ApiKeyId: id }),
  },
  apigateway: {
    make: async () =>
      (await apigatewayClient(pair.keyway).CreateApiKey({ SecretName: "passed-on" })).Result?.AccessKeyId ??
      "",
    change: (id: string) => apigatewayClient(pair.keyway).DisableApiKey({ AccessKeyId: id }),
    remove: (id: string) => apigatewayClient(pair.keyway).DeleteApiKey({ AccessKeyId: id }),
  },
  aione: {
    make: async () => ((await aione("POST", "", { name: "n" })).body as { id: string }).id,
    change: (id: string) => aione("PUT", `/${id}/rotate`),
    remove: (id: string) => aione("DELETE", `/${id}`),
  },
} as const;
const platform = { Platform: "maas" };
type Service = keyof typeof native;

const sync = async (service: Service): Promise<unknown> =>
  (await pair.facade.call("POST", `/v1/providers/${service}-real/sync`)).body;
const none = { count: 0, ids: [] };
const nothingElsewhere = { appeared: none, changed: none, vanished: none };

describe.each(["tokenhub", "apigateway", "aione"] as const)("an inventory of %s", (service) => {
  const { make, change, remove } = native[service];
  const real = () => facadeOf(pair.real);

  it("counts nothing that was passed on as done elsewhere", async () => {
    await sync(service);
    const id = await make();
    expect(await sync(service)).toMatchObject(nothingElsewhere);
    await change(id);
    expect(await sync(service)).toMatchObject(nothingElsewhere);
    await change(await make());
    await remove(id);
    expect(await sync(service)).toMatchObject(nothingElsewhere);
  });

  it("goes on telling what was done elsewhere", async () => {
    const id = await make();
    await change(id);
    await sync(service);
    await real().call("POST", `/v1/keys/${service}/${id}/${service === "aione" ? "disable" : "enable"}`);
    expect(await sync(service)).toMatchObject({ ...nothingElsewhere, changed: { count: 1, ids: [id] } });
    // A key of theirs is still to be told of, though it was changed by way of Keyway.
    const theirs = (await real().create(service, { name: "made-there" })).key.id;
    await change(theirs);
    expect(await sync(service)).toMatchObject({ ...nothingElsewhere, appeared: { count: 1, ids: [theirs] } });
  });
});

describe("a native change whose answer was lost", () => {
  const trail = async (): Promise<unknown> => {
    const { items } = (await pair.facade.call("GET", "/v1/audit?limit=1")).body as {
      items: { entry: object }[];
    };
    return items[0]?.entry;
  };
  const unknown = { details: { outcome: "unknown", code: "connection_lost" } };

  it("of API 3.0 is told as unknown, and stands so in the trail", async () => {
    proxy.fail("CreateApiKey", "reset after");
    const told = await sdkClient(pair.keyway)
      .CreateApiKey({ ...platform, ApiKeyName: "lost", BindType: "all" })
      .catch(String);
    expect(told).toContain("The call CreateApiKey was passed on.");
    expect(told).toContain("did not say whether it did");
    expect(await trail()).toMatchObject({ action: "tokenhub:CreateApiKey", ...unknown });
    expect(await sync("tokenhub")).toMatchObject({ unresolved: [{ operation: "CreateApiKey", about: "*" }] });
  });

  it("of AIone is told as unknown, and stands so in the trail", async () => {
    const id = await native.aione.make();
    proxy.fail(`DELETE ${keysPath}/${id}`, "reset after");
    const reply = await native.aione.remove(id);
    expect(reply).toMatchObject({ status: 502, body: { detail: expect.stringContaining("whether it did") } });
    expect(await trail()).toMatchObject({
      action: "aione:DeleteKey",
      target: `aione-real/${id}`,
      ...unknown,
    });
  });

  it("is unlike a reading, which fails and can be made again", async () => {
    proxy.fail("DescribeApiKeyList", ...Array.from({ length: 4 }, () => "reset after" as const));
    const told = await sdkClient(pair.keyway).DescribeApiKeyList(platform).catch(String);
    expect(told).toContain("It failed.");
    expect(told).not.toContain("whether it did");
  });
});
