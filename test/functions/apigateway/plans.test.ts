import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApigatewayClient, apigatewayClient } from "../../support/apigateway-client.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { codeOf, ways } from "../../support/sdk.ts";

/** What sdk.test.ts does not reach: bounds of plans, their list, what a refused binding leaves. */

let keyway: TestKeyway;
let client: ApigatewayClient;
beforeAll(async () => {
  keyway = await startKeyway();
  client = apigatewayClient(keyway);
});
afterAll(() => keyway.stop());

type Request = Parameters<ApigatewayClient["CreateUsagePlan"]>[0];
const newPlan = async (request: Partial<Request> = {}, by = client) => {
  const { Result } = await by.CreateUsagePlan({ UsagePlanName: "p", ...request });
  return { ...Result, UsagePlanId: Result?.UsagePlanId ?? "" };
};
const planOf = async (UsagePlanId: string) => (await client.DescribeUsagePlan({ UsagePlanId })).Result;
const newKey = async (): Promise<string> =>
  (await client.CreateApiKey({ SecretName: "n" })).Result?.AccessKeyId ?? "";
const newKeys = async (count: number): Promise<string[]> => {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await newKey());
  return ids;
};

describe("creation accepts", () => {
  it.each<[what: string, request: Partial<Request>]>([
    ["a name of 50 characters", { UsagePlanName: "计".repeat(50) }],
    ["any text as a name", { UsagePlanName: `gold & "silver" + 100% 计划` }],
    ["a description of 200 characters", { UsagePlanDesc: "d".repeat(200) }],
    ["the least numbers", { MaxRequestNum: 1, MaxRequestNumPreSec: 1 }],
    ["the greatest numbers", { MaxRequestNum: 99_999_999, MaxRequestNumPreSec: 2000 }],
    ["-1, which is off", { MaxRequestNum: -1, MaxRequestNumPreSec: -1 }],
    ["tags", { Tags: [{ Key: "team", Value: "平台" }] }],
  ])("%s", async (_, request) => {
    const made = await newPlan(request);
    expect(made).toMatchObject(request);
    expect(await planOf(made.UsagePlanId)).toEqual(made);
  });
});

const format = "InvalidParameter.FormatError";
const badNumber = "InvalidParameterValue.InvalidMaxRequestNum";
describe("bad input", () => {
  it.each<[input: object, code: string]>([
    [{ UsagePlanName: "" }, format],
    [{ UsagePlanName: "x".repeat(51) }, format],
    [{ UsagePlanName: 1 }, format],
    [{ UsagePlanName: "p", MaxRequestNumPreSec: 0 }, badNumber],
    [{ UsagePlanName: "p", MaxRequestNumPreSec: -2 }, badNumber],
    [{ UsagePlanName: "p", Unknown: 1 }, "UnknownParameter"],
  ])("CreateUsagePlan %j", async (input, code) => {
    expect(await codeOf(client.request("CreateUsagePlan", input))).toBe(code);
  });

  it.each<[input: object, code: string]>([
    [{ UsagePlanName: "" }, format],
    [{ UsagePlanName: "x".repeat(51) }, format],
    [{ UsagePlanDesc: "x".repeat(201) }, format],
    [{ MaxRequestNum: 100_000_000 }, format],
    [{ MaxRequestNumPreSec: 2001 }, format],
    [{ MaxRequestNumPreSec: 0 }, format],
    [{ Unknown: 1 }, "UnknownParameter"],
  ])("ModifyUsagePlan %j changes nothing", async (input, code) => {
    const made = await newPlan();
    const change = { UsagePlanId: made.UsagePlanId, ...input };
    expect(await codeOf(client.request("ModifyUsagePlan", change))).toBe(code);
    expect(await planOf(made.UsagePlanId)).toEqual(made);
  });

  it.each([
    ["ModifyUsagePlan", {}],
    ["DescribeUsagePlan", {}],
    ["DeleteUsagePlan", {}],
    ["DescribeUsagePlanSecretIds", {}],
    ["BindSecretIds", { UsagePlanId: "usagePlan-nothing0" }],
    ["BindSecretIds", { AccessKeyIds: ["AKIDnobody"] }],
    ["UnBindSecretIds", { AccessKeyIds: ["AKIDnobody"] }],
  ])("%s %j misses a field", async (action, input) => {
    expect(await codeOf(client.request(action, input))).toBe("MissingParameter");
  });

  it.each([{ Limit: 0 }, { Limit: 101 }, { Offset: -1 }])("lists refuse %j", async (page) => {
    const { UsagePlanId } = await newPlan();
    expect(await codeOf(client.DescribeUsagePlansStatus(page))).toBe(format);
    expect(await codeOf(client.DescribeUsagePlanSecretIds({ UsagePlanId, ...page }))).toBe(format);
  });

  it("unbinding from a plan that is not there", async () => {
    const input = { UsagePlanId: "usagePlan-nothing0", AccessKeyIds: [await newKey()] };
    expect(await codeOf(client.UnBindSecretIds(input))).toBe("ResourceNotFound.InvalidUsagePlan");
  });
});

it("a change keeps what it does not name, and moves ModifiedTime alone", async () => {
  const made = await newPlan({ UsagePlanDesc: "d", MaxRequestNum: 5, MaxRequestNumPreSec: 6 });
  await wait(1_100);
  const { UsagePlanId } = made;
  const { Result } = await client.ModifyUsagePlan({
    UsagePlanId,
    UsagePlanName: "renamed",
    MaxRequestNum: -1,
  });
  expect(Result).toEqual({
    ...made,
    UsagePlanName: "renamed",
    MaxRequestNum: -1,
    ModifiedTime: expect.any(String),
  });
  expect((Result?.ModifiedTime ?? "") > (made.ModifiedTime ?? "")).toBe(true);
  expect(await planOf(UsagePlanId)).toEqual(Result);
});

describe("the list of plans", () => {
  const names = ["gold", "silver", "golden"];
  const ids: string[] = [];
  const there = (way = {}) => apigatewayClient(keyway, { region: "ap-shanghai", ...way });
  beforeAll(async () => {
    for (const UsagePlanName of names) ids.push((await newPlan({ UsagePlanName }, there())).UsagePlanId);
  });
  type List = Parameters<ApigatewayClient["DescribeUsagePlansStatus"]>[0];
  const list = async (request: List, by = there()): Promise<{ found: string[]; total: number }> => {
    const { Result } = await by.DescribeUsagePlansStatus(request);
    const found = (Result?.UsagePlanStatusSet ?? []).map(({ UsagePlanName = "" }) => UsagePlanName);
    return { found, total: Result?.TotalCount ?? -1 };
  };
  const newestFirst = [...names].reverse();

  it.each<[Name: string, values: () => string[], found: string[]]>([
    ["UsagePlanId", () => ids.slice(0, 1), ["gold"]],
    ["UsagePlanId", () => ids.slice(0, 2), ["silver", "gold"]],
    ["UsagePlanName", () => ["gold"], ["gold"]],
    ["UsagePlanName", () => ["GOLD"], []],
    ["UsagePlanName", () => ["gold", "silver"], ["silver", "gold"]],
    ["NotServiceId", () => ["service-12345678"], newestFirst],
    ["NotApiId", () => ["api-12345678"], newestFirst],
    ["Environment", () => ["release"], []],
  ])("by %s", async (Name, values, found) => {
    const filtered = { Filters: [{ Name, Values: values() }] };
    expect(await list(filtered)).toEqual({ found, total: found.length });
  });

  it("pages, newest first, with the count of all", async () => {
    expect(await list({})).toEqual({ found: newestFirst, total: 3 });
    expect(await list({ Limit: 2 })).toEqual({ found: newestFirst.slice(0, 2), total: 3 });
    expect(await list({ Limit: 2, Offset: 2 })).toEqual({ found: newestFirst.slice(2), total: 3 });
    expect(await list({ Offset: 3 })).toEqual({ found: [], total: 3 });
  });

  it.each(ways)("filters combine with AND, by $signMethod over $reqMethod", async (way) => {
    const Filters = [
      { Name: "UsagePlanId", Values: ids.slice(0, 2) },
      { Name: "UsagePlanName", Values: ["silver", "golden"] },
    ];
    expect(await list({ Filters }, there(way))).toEqual({ found: ["silver"], total: 1 });
  });

  it("holds the fields of UsagePlanStatusInfo", async () => {
    const { Result } = await there().DescribeUsagePlansStatus({ Limit: 1 });
    expect(Result?.UsagePlanStatusSet?.[0]).toEqual({
      UsagePlanId: ids[2],
      UsagePlanName: "golden",
      UsagePlanDesc: "",
      MaxRequestNumPreSec: -1,
      MaxRequestNum: -1,
      CreatedTime: expect.any(String),
      ModifiedTime: expect.any(String),
      Tags: [],
    });
  });
});

describe("bindings", () => {
  const boundTo = async (UsagePlanId: string) => (await planOf(UsagePlanId))?.BindSecretIds;

  it("are listed in their order, by pages of 20 unless asked otherwise, with the status of now", async () => {
    const { UsagePlanId } = await newPlan();
    const ids = await newKeys(22);
    const order = [...ids.slice(2), ...ids.slice(0, 2)];
    await client.BindSecretIds({ UsagePlanId, AccessKeyIds: ids.slice(2) });
    await client.BindSecretIds({ UsagePlanId, AccessKeyIds: ids.slice(0, 2) });
    await client.DisableApiKey({ AccessKeyId: ids[0] ?? "" });
    const page = async (request: { Limit?: number; Offset?: number }) =>
      (await client.DescribeUsagePlanSecretIds({ UsagePlanId, ...request })).Result;
    const first = await page({});
    expect(first?.TotalCount).toBe(22);
    expect(first?.AccessKeyList?.map(({ AccessKeyId }) => AccessKeyId)).toEqual(order.slice(0, 20));
    expect(await page({ Limit: 100, Offset: 20 })).toEqual({
      TotalCount: 22,
      AccessKeyList: [
        { AccessKeyId: ids[0], SecretName: "n", Status: 0 },
        { AccessKeyId: ids[1], SecretName: "n", Status: 1 },
      ],
    });
    expect(await planOf(UsagePlanId)).toMatchObject({ BindSecretIdTotalCount: 22, BindSecretIds: order });
  });

  it("are changes of their keys, and told as such: with the version that each key has by then", async () => {
    const { store } = keyway.house;
    const { UsagePlanId } = await newPlan();
    const ids = await newKeys(2);
    const before = await store.lastEventSeq(rootAccount);
    await client.BindSecretIds({ UsagePlanId, AccessKeyIds: ids });
    await client.UnBindSecretIds({ UsagePlanId, AccessKeyIds: ids.slice(0, 1) });
    const told = (await store.readEvents(rootAccount, before, 10)).map((one) => [
      one.type,
      one.subject,
      one.version,
    ]);
    const [first, second] = ids.map((id) => `apigateway/${id}`);
    const plan = `plan/apigateway/${UsagePlanId}`;
    expect(told).toEqual([
      ["plan.bound", plan, 2],
      ["key.updated", first, 2],
      ["key.updated", second, 2],
      ["plan.unbound", plan, 3],
      ["key.updated", first, 3],
    ]);
    const read = await facadeOf(keyway).call("GET", `/v1/keys/apigateway/${ids[0]}`);
    expect(read.headers.get("etag")).toBe('"3"');
  });

  it("are all made or none, all undone or none", async () => {
    const { UsagePlanId } = await newPlan();
    const [one = "", two = ""] = await newKeys(2);
    const all = (...AccessKeyIds: string[]) => ({ UsagePlanId, AccessKeyIds });
    const noKey = "ResourceNotFound.InvalidAccessKeyId";
    expect(await codeOf(client.BindSecretIds(all(one, "AKIDnobody")))).toBe(noKey);
    expect(await boundTo(UsagePlanId)).toEqual([]);
    await client.BindSecretIds(all(one));
    const again = client.BindSecretIds(all(two, one));
    expect(await codeOf(again)).toBe("UnsupportedOperation.AlreadyBindUsagePlan");
    const other = client.UnBindSecretIds(all(one, two));
    expect(await codeOf(other)).toBe("UnsupportedOperation.RequestPostError");
    expect(await codeOf(client.UnBindSecretIds(all(one, "AKIDnobody")))).toBe(noKey);
    expect(await boundTo(UsagePlanId)).toEqual([one]);
  });
});
