import { createSecretKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signV1 } from "../../../lib/signing/v1.ts";
import { issueCredential } from "../../support/facade.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { send, sendSigned } from "../../support/raw.ts";
import { codeOf, sdkClient } from "../../support/sdk.ts";

/** Each refusal: its documented code, the field in the caller's words, nothing changed, nothing secret repeated. */

let keyway: TestKeyway;
let existing: string;

const create = { ApiKeyName: "n", Platform: "maas", BindType: "all" };
const binding = { ResourceType: "endpoint", ResourceId: "m" };
const custom = { ...create, BindType: "model_custom_endpoint_custom", Bindings: [binding] };
const quota = (more: object) => ({ ...create, Quotas: [{ CycleUnit: "d", CycleCredits: "5", ...more }] });
const list = (count: number) => Array.from({ length: count }, (_, index) => `10.0.0.${index}`);
const filter = (more: object) => ({
  Filters: [{ Name: "status", Op: "EXACT", Values: ["enable"], ...more }],
});

beforeAll(async () => {
  keyway = await startKeyway();
  existing = (await sdkClient(keyway).CreateApiKey(create)).ApiKeyId ?? "";
});
afterAll(() => keyway.stop());

const missing = "MissingParameter.MissingParameter";
const value = "InvalidParameterValue.InvalidParameterValue";
const conflict = "InvalidParameter.InvalidParameter";
const type = "InvalidParameter";
const unknown = "UnknownParameter";

const key = (more: object) => ({ ApiKeyId: "", Platform: "maas", ...more });

describe.each<[action: string, cases: readonly (readonly [field: string, input: object, code: string])[]]>([
  [
    "CreateApiKey",
    [
      ["ApiKeyName", { Platform: "maas", BindType: "all" }, missing],
      ["ApiKeyName", { ...create, ApiKeyName: "" }, value],
      ["ApiKeyName", { ...create, ApiKeyName: "n".repeat(129) }, value],
      ["ApiKeyName", { ...create, ApiKeyName: 5 }, type],
      ["ApiKeyName", { ...create, ApiKeyName: null }, missing],
      ["Platform", { ApiKeyName: "n", BindType: "all" }, missing],
      ["Platform", { ...create, Platform: "saas" }, value],
      ["Platform", { ...create, Platform: 1 }, type],
      ["BindType", { ApiKeyName: "n", Platform: "maas" }, missing],
      ["BindType", { ...create, BindType: "model_all_endpoint_custom" }, value],
      ["Status", { ...create, Status: "on" }, value],
      ["Remark", { ...create, Remark: ["r"] }, type],
      ["Bindings", { ...custom, Bindings: undefined }, missing],
      ["Bindings", { ...custom, Bindings: [] }, missing],
      ["Bindings", { ...create, Bindings: [binding] }, conflict],
      ["Bindings", { ...custom, Bindings: "m" }, type],
      ["Bindings", { ...custom, Bindings: [binding, binding] }, value],
      ["Bindings.0.ResourceId", { ...custom, Bindings: [{ ResourceType: "model" }] }, missing],
      ["Bindings.0.ResourceType", { ...custom, Bindings: [{ ...binding, ResourceType: "plan" }] }, value],
      ["Bindings.0.Extra", { ...custom, Bindings: [{ ...binding, Extra: 1 }] }, unknown],
      ["IpWhitelist", { ...create, IpWhitelist: list(51) }, value],
      ["IpWhitelist", { ...create, IpWhitelist: ["1.1.1.1", "1.1.1.1"] }, value],
      ["IpWhitelist.0", { ...create, IpWhitelist: ["2001:db8::1"] }, value],
      ["IpWhitelist.0", { ...create, IpWhitelist: ["10.0.0.0/33"] }, value],
      ["IpWhitelist.1", { ...create, IpWhitelist: ["1.1.1.1", "1.1.1"] }, value],
      ["IpWhitelist.0", { ...create, IpWhitelist: [1] }, type],
      ["IpWhitelist.0", { ...create, IpWhitelist: [null] }, type],
      ["Quotas.0.CycleCredits", quota({ CycleCredits: 5 }), type],
      ["Quotas.0.CycleCredits", quota({ CycleCredits: "10000000000001" }), value],
      ["Quotas.0.CycleCredits", quota({ CycleCredits: "0" }), value],
      ["Quotas.0.CycleCredits", quota({ CycleCredits: "-1" }), value],
      ["Quotas.0.CycleCredits", quota({ CycleCredits: "5.0" }), value],
      ["Quotas.0.CycleUnit", quota({ CycleUnit: "y" }), value],
      ["Quotas.0.MonthStartDay", quota({ CycleUnit: "m", MonthStartDay: 32 }), value],
      ["Quotas.0.MonthStartDay", quota({ CycleUnit: "m", MonthStartDay: 0 }), value],
      ["Quotas.0.MonthStartDay", quota({ CycleUnit: "m", MonthStartDay: 1.5 }), type],
      ["Quotas.0.MonthStartDay", quota({ MonthStartDay: 1 }), conflict],
      ["Quotas", { ...create, Quotas: [...quota({}).Quotas, ...quota({}).Quotas] }, value],
      ["Nmae", { ...create, Nmae: "n" }, unknown],
      ["?", { ...create, "sk-secret in a name": 1 }, unknown],
    ],
  ],
  [
    "DescribeApiKey",
    [
      ["ApiKeyId", { Platform: "maas" }, missing],
      ["Platform", { ApiKeyId: "ak" }, missing],
      ["ApiKeyId", key({ ApiKeyId: 1 }), type],
    ],
  ],
  [
    "DescribeApiKeyList",
    [
      ["Limit", { Limit: 101 }, value],
      ["Limit", { Limit: 0 }, value],
      ["Limit", { Limit: "5" }, type],
      ["Offset", { Offset: -1 }, value],
      ["Platform", { Platform: "x" }, value],
      ["Filters.0.Name", filter({ Name: "apiKeyId" }), value],
      ["Filters.0.Op", filter({ Op: "LIKE" }), value],
      ["Filters.0.Values", filter({ Values: list(11) }), value],
      ["Filters.0.Values", filter({ Values: undefined }), missing],
      ["Filters", { Filters: {} }, type],
      ["Sorts.0.Name", { Sorts: [{ Name: "createTime", Order: "ASC" }] }, value],
      ["Sorts.0.Order", { Sorts: [{ Name: "apiKeyName", Order: "asc" }] }, value],
    ],
  ],
  [
    "ModifyApiKeyInfo",
    [
      ["ApiKeyId", { Platform: "maas" }, missing],
      ["Quotas", key({ Quotas: [] }), unknown],
      ["ApiKeyName", key({ ApiKeyName: "another" }), value],
      ["IpWhitelist", key({ IpWhitelist: list(51) }), value],
      ["QuotasDesired.0.CycleCredits", key({ QuotasDesired: [{ CycleUnit: "d", CycleCredits: 1 }] }), type],
    ],
  ],
  [
    "ModifyApiKeyStatus",
    [
      ["Status", key({}), missing],
      ["Status", key({ Status: "enabled" }), value],
    ],
  ],
  ["ModifyApiKeyBindings", [["Bindings", key({ BindType: "model_custom_endpoint_custom" }), missing]]],
  ["DeleteApiKey", [["Platform", { ApiKeyId: "ak" }, missing]]],
])("%s", (action, cases) => {
  it.each(cases)("names %s for %j: %s", async (field, input, code) => {
    const sent = "ApiKeyId" in input && input.ApiKeyId === "" ? { ...input, ApiKeyId: existing } : input;
    const before = await keyway.house.store.readAuditHead(rootAccount);
    const reply = await sendSigned(keyway, action, JSON.stringify(sent));
    expect(reply.status).toBe(200);
    expect(reply.code).toBe(code);
    expect(reply.message).toContain(`\`${field}\``);
    expect(reply.message).not.toContain("sk-secret");
    expect(await keyway.house.store.readAuditHead(rootAccount)).toEqual(before);
  });
});

describe("the gateway's own refusals", () => {
  const body = JSON.stringify({ Limit: 1 });
  const call = (
    change: (headers: Record<string, string>) => Record<string, string>,
    options: Parameters<typeof sendSigned>[3] = {},
  ) => sendSigned(keyway, "DescribeApiKeyList", body, { ...options, change });
  const without = (name: string) => (headers: Record<string, string>) =>
    Object.fromEntries(Object.entries(headers).filter(([header]) => header !== name));
  const now = Math.floor(Date.now() / 1000);

  it.each([
    ["Action", "x-tc-action"],
    ["Version", "x-tc-version"],
    ["Timestamp", "x-tc-timestamp"],
    ["Region", "x-tc-region"],
  ])("a missing %s is named", async (name, header) => {
    const reply = await call(without(header));
    expect(reply.code).toBe("MissingParameter");
    expect(reply.message).toContain(`\`${name}\``);
  });

  it("an empty Region of signature v1 is an absent one, as Go's SDK sends it", async () => {
    const params = new Map(
      Object.entries({
        Action: "DescribeApiKeyList",
        Version: "2026-03-22",
        Region: "",
        Timestamp: String(now),
        Nonce: "1",
        SecretId: keyway.root.secretId,
      }),
    );
    const key = createSecretKey(keyway.root.secretKey, "utf8");
    const query = new URLSearchParams([...params, ["Signature", signV1("GET", keyway.host, params, key)]]);
    const reply = await send(keyway, { method: "GET", path: `/?${query}` });
    expect([reply.code, reply.message.includes("`Region`")]).toEqual(["MissingParameter", true]);
  });

  it.each<[string, (headers: Record<string, string>) => Record<string, string>, string]>([
    ["no Authorization", without("authorization"), "AuthFailure.InvalidAuthorization"],
    ["skipped signing", (h) => ({ ...h, authorization: "SKIP" }), "AuthFailure.InvalidAuthorization"],
    ["a bearer key", (h) => ({ ...h, authorization: "Bearer sk-x" }), "AuthFailure.InvalidAuthorization"],
    [
      "half of the header",
      (h) => ({ ...h, authorization: "TC3-HMAC-SHA256 Credential=a" }),
      "AuthFailure.InvalidAuthorization",
    ],
    [
      "an unsigned host",
      (h) => ({ ...h, authorization: (h.authorization ?? "").replace("content-type;host", "content-type") }),
      "AuthFailure.InvalidAuthorization",
    ],
    [
      "another signature",
      (h) => ({ ...h, authorization: (h.authorization ?? "").replace(/.$/, (c) => (c === "0" ? "1" : "0")) }),
      "AuthFailure.SignatureFailure",
    ],
    ["another host", (h) => ({ ...h, host: "tokenhub.tencentcloudapi.com" }), "AuthFailure.SignatureFailure"],
    [
      "another timestamp",
      (h) => ({ ...h, "x-tc-timestamp": String(now - 7) }),
      "AuthFailure.SignatureFailure",
    ],
    ["a timestamp that is none", (h) => ({ ...h, "x-tc-timestamp": "today" }), "InvalidParameter"],
    ["a temporary token", (h) => ({ ...h, "x-tc-token": "t" }), "AuthFailure.TokenFailure"],
    ["an empty region", (h) => ({ ...h, "x-tc-region": "" }), "InvalidParameterValue"],
    ["an unknown region", (h) => ({ ...h, "x-tc-region": "mars-north" }), "UnsupportedRegion"],
    ["an unknown action", (h) => ({ ...h, "x-tc-action": "CreateApiKeys" }), "InvalidAction"],
    ["an unknown version", (h) => ({ ...h, "x-tc-version": "2020-01-01" }), "NoSuchVersion"],
  ])("%s", async (_, change, code) => {
    expect((await call(change)).code).toBe(code);
  });

  it.each([
    ["299 s early", -299, "ok"],
    ["310 s early", -310, "AuthFailure.SignatureExpire"],
    ["299 s late", 295, "ok"],
    ["310 s late", 310, "AuthFailure.SignatureExpire"],
  ])("a signature made %s", async (_, offset, code) => {
    // Near midnight UTC the scope's date follows the timestamp, so that the clock alone decides.
    const reply = await call((h) => h, { timestampSeconds: Math.floor(Date.now() / 1000) + offset });
    expect(reply.code).toBe(code);
  });

  it.each(["PUT", "DELETE", "PATCH", "OPTIONS"])("%s is not supported", async (method) => {
    const reply = await send(keyway, { method });
    expect([reply.status, reply.code]).toEqual([200, "UnsupportedProtocol"]);
  });

  it("a body nested without end, with a null in it", async () => {
    const deep = `${"[".repeat(50_000)}null${"]".repeat(50_000)}`;
    expect((await sendSigned(keyway, "DescribeApiKeyList", `{"Filters":${deep}}`)).code).toBe(
      "InvalidParameter",
    );
  });

  it("bytes that are not UTF-8", async () => {
    const body = Buffer.concat([Buffer.from('{"ApiKeyName":"a'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect((await sendSigned(keyway, "CreateApiKey", body)).code).toBe("InvalidParameter");
  });

  it("a form of another type", async () => {
    const headers = { "content-type": "multipart/form-data; boundary=x" };
    expect((await send(keyway, { headers, body: "Action=a" })).code).toBe("InvalidParameter");
  });

  it("a body of a hundred thousand faults names the first of them", async () => {
    const fields = Array.from({ length: 100_000 }, (_, index) => `"k${index}":1`).join();
    const reply = await sendSigned(keyway, "DescribeApiKeyList", `{${fields}}`);
    expect([reply.code, reply.message]).toEqual(["UnknownParameter", expect.stringContaining("`k0`")]);
    const items = Array(100_000).fill('{"CycleUnit":1}').join();
    const quotas = `{"ApiKeyName":"n","Platform":"maas","BindType":"all","Quotas":[${items}]}`;
    expect((await sendSigned(keyway, "CreateApiKey", quotas)).code).not.toBe("ok");
  });

  it.each(["{", "[]", '"text"', "1", "null", "{}trailing", '{"Platform":'])(
    "a body that is %s",
    async (text) => {
      expect((await sendSigned(keyway, "DescribeApiKeyList", text)).code).toBe("InvalidParameter");
    },
  );

  it("a body of another type", async () => {
    const options = { contentType: "text/plain" };
    expect((await sendSigned(keyway, "DescribeApiKeyList", "{}", options)).code).toBe("InvalidParameter");
  });

  it("a charset in the content type is fine", async () => {
    const options = { contentType: "application/json; charset=utf-8" };
    expect((await sendSigned(keyway, "DescribeApiKeyList", "{}", options)).code).toBe("ok");
  });

  it("a body above 10 MB, a query above 32 KB, a form above 1 MB", async () => {
    const reply = await sendSigned(keyway, "CreateApiKey", `{"Remark":"${"r".repeat(10 * 1024 * 1024)}"}`);
    expect(reply.code).toBe("RequestSizeLimitExceeded");
    const query = `Action=a&x=${"q".repeat(33 * 1024)}`;
    expect((await send(keyway, { method: "GET", path: `/?${query}` })).code).toBe("RequestSizeLimitExceeded");
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const form = `Action=a&x=${"f".repeat(1024 * 1024)}`;
    expect((await send(keyway, { headers, body: form })).code).toBe("RequestSizeLimitExceeded");
  });

  it.each(["a&b", "=1", "Action=a&Action=b", "Action=%zz", "Action=%ff"])("the query %s", async (query) => {
    expect((await send(keyway, { method: "GET", path: `/?${query}` })).code).toBe("InvalidParameter");
  });

  it("a query of a POST and a body of a GET, which no signature covers", async () => {
    const get = await send(keyway, {
      method: "GET",
      path: "/?Action=a",
      headers: { "content-length": "1" },
      body: "x",
    });
    const post = await send(keyway, { path: "/?Limit=1", body: "{}" });
    expect([get.code, post.code]).toEqual(["InvalidParameter", "InvalidParameter"]);
  });

  it("a bare request is told what is missing", async () => {
    expect((await send(keyway, { body: "" })).code).toBe("MissingParameter");
    const json = await send(keyway, { headers: { "content-type": "application/json" }, body: "{}" });
    expect([json.code, json.message.includes("`Action`")]).toEqual(["MissingParameter", true]);
  });

  it("every reply is 200, typed exactly, and carries a RequestId", async () => {
    for (const reply of [await send(keyway, {}), await sendSigned(keyway, "DescribeApiKeyList", "{}")]) {
      expect(reply.status).toBe(200);
      expect(reply.headers["content-type"]).toBe("application/json");
      expect(JSON.parse(reply.text).Response.RequestId).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe("exactly at the limit", () => {
  it.each<[string, string, object]>([
    ["a name of 128", "CreateApiKey", { ...create, ApiKeyName: "n".repeat(128) }],
    ["50 addresses", "CreateApiKey", { ...create, IpWhitelist: list(50) }],
    ["10^13 tokens", "CreateApiKey", quota({ CycleCredits: "10000000000000" })],
    ["a page of 100", "DescribeApiKeyList", { Limit: 100 }],
    ["10 values", "DescribeApiKeyList", filter({ Values: list(10) })],
    ["10 filters", "DescribeApiKeyList", { Filters: Array(10).fill(filter({}).Filters[0]) }],
  ])("%s passes", async (_, action, input) => {
    expect((await sendSigned(keyway, action, JSON.stringify(input))).code).toBe("ok");
  });

  it("a query of 32 KB is read, one byte more is not", async () => {
    const query = (length: number) => `Action=${"a".repeat(length - "Action=".length)}`;
    expect((await send(keyway, { method: "GET", path: `/?${query(32_768)}` })).code).toBe("MissingParameter");
    expect((await send(keyway, { method: "GET", path: `/?${query(32_769)}` })).code).toBe(
      "RequestSizeLimitExceeded",
    );
  });
});

it("offsets beyond the end answer an empty page and the true count", async () => {
  const reply = await sdkClient(keyway).DescribeApiKeyList({ Offset: 1_000_000 });
  expect(reply.ApiKeySet).toEqual([]);
  expect(reply.TotalCount).toBeGreaterThan(0);
});

it("without the permission to reveal, DescribeApiKey is refused and never masked", async () => {
  const viewer = await issueCredential(keyway, "viewer");
  const client = sdkClient(keyway, { credentials: viewer });
  const refused = client.DescribeApiKey({ ApiKeyId: existing, Platform: "maas" });
  expect(await codeOf(refused)).toBe("UnauthorizedOperation.UnauthorizedOperation");
  expect((await client.DescribeApiKeyList({})).TotalCount).toBeGreaterThan(0);
});

it("the 51st key is refused, over all regions, disabled ones counted, and a deletion makes room", async () => {
  const own = await startKeyway();
  try {
    const regions = ["ap-guangzhou", "ap-beijing"];
    const ids: string[] = [];
    for (let count = 0; count < 50; count++) {
      const client = sdkClient(own, { region: regions[count % 2] ?? "" });
      const made = await client.CreateApiKey({ ...create, Status: count % 3 === 0 ? "disable" : "enable" });
      ids.push(made.ApiKeyId ?? "");
    }
    const client = sdkClient(own);
    expect(await codeOf(client.CreateApiKey(create))).toBe("LimitExceeded");
    await client.DeleteApiKey({ ApiKeyId: ids[0] ?? "", Platform: "maas" });
    expect(await codeOf(client.CreateApiKey(create))).toBe("no error");
  } finally {
    await own.stop();
  }
});

it("the 21st call of an action in a second is refused with count and limit in backticks", async () => {
  const own = await startKeyway({ env: { KEYWAY_ACTION_RPS: "20" } });
  try {
    const replies = await Promise.all(
      Array.from({ length: 25 }, () => sendSigned(own, "DescribeApiKeyList", "{}")),
    );
    const refused = replies.filter((reply) => reply.code === "RequestLimitExceeded");
    expect(refused).toHaveLength(5);
    expect(refused[0]?.message).toMatch(/`21`.*`20`/);
    expect((await sendSigned(own, "CreateApiKey", JSON.stringify(create))).code).toBe("ok");
  } finally {
    await own.stop();
  }
});
