import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { codeOf, sdkClient, ways } from "../../support/sdk.ts";

/** Every action by Tencent's official SDK, in each way in which it signs and sends. */

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

const platform = { Platform: "maas" };

describe.each(ways)("by $signMethod over $reqMethod", (way) => {
  const client = () => sdkClient(keyway, way);

  const create = async (name: string): Promise<string> => {
    const { ApiKeyId } = await client().CreateApiKey({ ApiKeyName: name, ...platform, BindType: "all" });
    if (ApiKeyId === undefined) throw new Error("no id");
    return ApiKeyId;
  };

  it("a key lives: created, described, listed, changed, disabled, rebound, deleted", async () => {
    const created = await client().CreateApiKey({
      ApiKeyName: `测试 key & "quotes" + %`,
      ...platform,
      BindType: "model_custom_endpoint_custom",
      Remark: "first remark",
      Bindings: [
        { ResourceType: "endpoint", ResourceId: "deepseek-v3.2" },
        { ResourceType: "endpoint", ResourceId: "ep-abcd1234" },
        { ResourceType: "model", ResourceId: "hunyuan" },
      ],
      IpWhitelist: ["10.0.0.0/24", "1.2.3.4"],
      Quotas: [
        { CycleUnit: "d", CycleCredits: "100000" },
        { CycleUnit: "m", CycleCredits: "10000000000000", MonthStartDay: 31 },
        { CycleUnit: "lifetime", CycleCredits: "1" },
      ],
    });
    const ApiKeyId = created.ApiKeyId ?? "";
    expect(ApiKeyId).toMatch(/^ak-\d{8}-[0-9a-f]{32}$/);
    expect(created.RequestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(Object.keys(created).sort()).toEqual(["ApiKeyId", "RequestId"]);

    const described = await client().DescribeApiKey({ ApiKeyId, ...platform });
    expect(described).toMatchObject({
      ApiKeyId,
      Name: `测试 key & "quotes" + %`,
      Platform: "maas",
      Remark: "first remark",
      Status: "enable",
      BindType: "model_custom_endpoint_custom",
      BindingItems: [
        { ResourceType: "endpoint", ResourceId: "deepseek-v3.2" },
        { ResourceType: "endpoint", ResourceId: "ep-abcd1234" },
        { ResourceType: "model", ResourceId: "hunyuan" },
      ],
      IpWhitelist: ["10.0.0.0/24", "1.2.3.4"],
      Editable: true,
      Creator: "",
      QuotaStatus: "active",
      Uin: "100000000001",
      SubUin: "100000000001",
    });
    expect(described.ApiKey).toMatch(/^sk-[0-9A-Za-z]{48}$/);
    expect(described.AppId).toMatch(/^\d{10}$/);
    expect(described.CreateTime).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(described.QuotaSet).toMatchObject([
      { CycleUnit: "d", CycleCredits: "100000", CycleUsed: "0", Status: 1 },
      { CycleUnit: "m", CycleCredits: "10000000000000", CycleUsed: "0", Status: 1 },
      { CycleUnit: "lifetime", CycleCredits: "1", CycleUsed: "0", Status: 1 },
    ]);

    const bySecret = await client().DescribeApiKey({ ApiKey: described.ApiKey ?? "", ...platform });
    expect({ ...bySecret, RequestId: "" }).toEqual({ ...described, RequestId: "" });

    await client().ModifyApiKeyInfo({
      ApiKeyId,
      ...platform,
      Remark: "second remark",
      IpWhitelist: ["9.9.9.9"],
      QuotasDesired: [{ CycleUnit: "d", CycleCredits: "7" }],
    });
    await client().ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: "disable" });
    await client().request("ModifyApiKeyBindings", { ApiKeyId, ...platform, BindType: "all" });
    const changed = await client().DescribeApiKey({ ApiKeyId, ...platform });
    expect(changed).toMatchObject({
      Remark: "second remark",
      Status: "disable",
      BindType: "all",
      BindingItems: [],
      IpWhitelist: ["9.9.9.9"],
      ApiKey: described.ApiKey,
    });
    // The daily package was kept, with its id; the others are gone.
    expect(changed.QuotaSet).toEqual([{ ...described.QuotaSet?.[0], CycleCredits: "7" }]);

    const listed = await client().DescribeApiKeyList({
      ...platform,
      Limit: 10,
      Offset: 0,
      Filters: [{ Name: "apikeyId", Op: "EXACT", Values: [ApiKeyId] }],
      Sorts: [{ Name: "apiKeyName", Order: "ASC" }],
    });
    expect(listed.TotalCount).toBe(1);
    const clear = described.ApiKey ?? "";
    expect(listed.ApiKeySet?.[0]).toMatchObject({
      ApiKeyId,
      ApiKey: `${clear.slice(0, 5)}***${clear.slice(-4)}`,
    });
    expect(JSON.stringify(listed)).not.toContain(clear);

    await client().DeleteApiKey({ ApiKeyId, ...platform });
    expect(await codeOf(client().DescribeApiKey({ ApiKeyId, ...platform }))).toBe("ResourceNotFound");
    expect(await codeOf(client().DescribeApiKey({ ApiKey: clear, ...platform }))).toBe("ResourceNotFound");
    expect(await codeOf(client().DeleteApiKey({ ApiKeyId, ...platform }))).toBe("ResourceNotFound");
  });

  it("what is absent stays as it is", async () => {
    const ApiKeyId = await create("unchanged");
    await client().ModifyApiKeyInfo({ ApiKeyId, ...platform, Remark: "kept", IpWhitelist: ["1.1.1.1"] });
    await client().ModifyApiKeyInfo({ ApiKeyId, ...platform });
    expect(await client().DescribeApiKey({ ApiKeyId, ...platform })).toMatchObject({
      Remark: "kept",
      IpWhitelist: ["1.1.1.1"],
      QuotaStatus: "",
    });
    await client().DeleteApiKey({ ApiKeyId, ...platform });
  });

  it("an equal name passes, another one is refused", async () => {
    const ApiKeyId = await create("its name");
    await client().ModifyApiKeyInfo({ ApiKeyId, ...platform, ApiKeyName: "its name" });
    const rename = client().ModifyApiKeyInfo({ ApiKeyId, ...platform, ApiKeyName: "another" });
    expect(await codeOf(rename)).toBe("InvalidParameterValue.InvalidParameterValue");
    await client().DeleteApiKey({ ApiKeyId, ...platform });
  });

  it("a wrong SecretKey is told from an unknown SecretId", async () => {
    const { secretId, secretKey } = keyway.root;
    const request = { ...platform, Limit: 1 };
    const wrong = sdkClient(keyway, { ...way, credentials: { secretId, secretKey: `${secretKey}x` } });
    expect(await codeOf(wrong.DescribeApiKeyList(request))).toBe("AuthFailure.SignatureFailure");
    const unknown = sdkClient(keyway, { ...way, credentials: { secretId: `${secretId}x`, secretKey } });
    expect(await codeOf(unknown.DescribeApiKeyList(request))).toBe("AuthFailure.SecretIdNotFound");
  });
});

it("an empty list clears what it replaces (POST JSON, the only form that can say it)", async () => {
  const client = sdkClient(keyway);
  const { ApiKeyId = "" } = await client.CreateApiKey({
    ApiKeyName: "cleared",
    ...platform,
    BindType: "all",
    Remark: "r",
    IpWhitelist: ["1.1.1.1"],
    Quotas: [{ CycleUnit: "d", CycleCredits: "5" }],
  });
  await client.ModifyApiKeyInfo({ ApiKeyId, ...platform, Remark: "", IpWhitelist: [], QuotasDesired: [] });
  const described = await client.DescribeApiKey({ ApiKeyId, ...platform });
  expect(described).toMatchObject({ Remark: "", IpWhitelist: [], QuotaStatus: "" });
  expect(described).not.toHaveProperty("QuotaSet");
});

it("the id wins when DescribeApiKey gets both id and secret", async () => {
  const client = sdkClient(keyway);
  const make = async (name: string) =>
    (await client.CreateApiKey({ ApiKeyName: name, ...platform, BindType: "all" })).ApiKeyId ?? "";
  const [one, two] = [await make("one"), await make("two")];
  const { ApiKey = "" } = await client.DescribeApiKey({ ApiKeyId: two, ...platform });
  expect((await client.DescribeApiKey({ ApiKeyId: one, ApiKey, ...platform })).Name).toBe("one");
});

it("another start day of the month makes another package; the same keeps it", async () => {
  const client = sdkClient(keyway);
  const monthly = (MonthStartDay: number, CycleCredits: string) => [
    { CycleUnit: "m", CycleCredits, MonthStartDay },
  ];
  const { ApiKeyId = "" } = await client.CreateApiKey({
    ApiKeyName: "monthly",
    ...platform,
    BindType: "all",
    Quotas: monthly(1, "5"),
  });
  const packageId = async () => (await client.DescribeApiKey({ ApiKeyId, ...platform })).QuotaSet?.[0]?.PkgId;
  const first = await packageId();
  await client.ModifyApiKeyInfo({ ApiKeyId, ...platform, QuotasDesired: monthly(1, "6") });
  expect(await packageId()).toBe(first);
  await client.ModifyApiKeyInfo({ ApiKeyId, ...platform, QuotasDesired: monthly(2, "6") });
  expect(await packageId()).not.toBe(first);
});

it("keys belong to their region: another one neither lists nor finds them", async () => {
  const here = sdkClient(keyway, { region: "ap-beijing" });
  const there = sdkClient(keyway, { region: "ap-shanghai" });
  const { ApiKeyId = "" } = await here.CreateApiKey({ ApiKeyName: "regional", ...platform, BindType: "all" });
  expect((await here.DescribeApiKeyList({})).TotalCount).toBe(1);
  expect((await there.DescribeApiKeyList({})).TotalCount).toBe(0);
  for (const call of [
    () => there.DescribeApiKey({ ApiKeyId, ...platform }),
    () => there.ModifyApiKeyInfo({ ApiKeyId, ...platform, Remark: "x" }),
    () => there.ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: "disable" }),
    () => there.DeleteApiKey({ ApiKeyId, ...platform }),
  ]) {
    expect(await codeOf(call())).toBe("ResourceNotFound");
  }
  expect((await here.DescribeApiKey({ ApiKeyId, ...platform })).Status).toBe("enable");
});
