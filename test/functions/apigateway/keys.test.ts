import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApigatewayClient, apigatewayClient } from "../../support/apigateway-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { codeOf } from "../../support/sdk.ts";

/** What sdk.test.ts does not reach: bounds of what is accepted, the rules of state, times. */

let keyway: TestKeyway;
let client: ApigatewayClient;
beforeAll(async () => {
  keyway = await startKeyway();
  client = apigatewayClient(keyway);
});
afterAll(() => keyway.stop());

type Request = Parameters<ApigatewayClient["CreateApiKey"]>[0];
const create = async (request: Partial<Request> = {}) => {
  const { Result } = await client.CreateApiKey({ SecretName: "n", ...request });
  return { ...Result, AccessKeyId: Result?.AccessKeyId ?? "" };
};
const describeKey = async (AccessKeyId: string) => (await client.DescribeApiKey({ AccessKeyId })).Result;
const manual = (AccessKeyId: string, AccessKeySecret: string) => ({
  AccessKeyType: "manual",
  AccessKeyId,
  AccessKeySecret,
});

describe("creation accepts", () => {
  it.each<[what: string, request: Partial<Request>]>([
    ["a name of 1 character", { SecretName: "x" }],
    ["a name of 50 characters", { SecretName: "x".repeat(50) }],
    ["each kind of character in a name", { SecretName: "Az09_-" }],
    ["the shortest manual id and secret", manual("five5", "ten_ten_10")],
    ["the longest manual id and secret", manual("i".repeat(50), "s".repeat(50))],
    ["several tags, in their order", { Tags: [2, 1].map((n) => ({ Key: `k${n}`, Value: `v${n}` })) }],
  ])("%s", async (_, request) => {
    const made = await create(request);
    expect(made).toMatchObject({ Status: 1, ...request });
    expect(await describeKey(made.AccessKeyId)).toEqual(made);
  });

  it("auto by name, ignoring an id and a secret that come with it; no tags are []", async () => {
    const made = await create({ ...manual("ignored_id", "ignored_secret"), AccessKeyType: "auto" });
    expect(made.AccessKeyId).toMatch(/^AKID[0-9A-Za-z]{36}$/);
    expect(made.AccessKeySecret).toMatch(/^[0-9A-Za-z]{40}$/);
    expect(made.Tags).toEqual([]);
    expect(await codeOf(client.DescribeApiKey({ AccessKeyId: "ignored_id" }))).toBe(
      "ResourceNotFound.InvalidAccessKeyId",
    );
  });

  it("one name twice: names need not differ", async () => {
    const [one, two] = [await create({ SecretName: "twin" }), await create({ SecretName: "twin" })];
    expect(one.AccessKeyId).not.toBe(two.AccessKeyId);
  });
});

it("manual without an id is missing it", async () => {
  const { AccessKeyId: _, ...rest } = manual("", "long_enough");
  expect(await codeOf(client.CreateApiKey({ SecretName: "n", ...rest }))).toBe("MissingParameter");
});

it("a disabled key is enabled again, and updated then; its secret stays over both", async () => {
  const { AccessKeyId, AccessKeySecret } = await create();
  expect((await client.DisableApiKey({ AccessKeyId })).Result).toBe(true);
  const refused = client.UpdateApiKey({ AccessKeyId });
  expect(await codeOf(refused)).toBe("UnsupportedOperation.UnsupportedUpdateApiKey");
  expect((await client.EnableApiKey({ AccessKeyId })).Result).toBe(true);
  expect(await describeKey(AccessKeyId)).toMatchObject({ Status: 1, AccessKeySecret });
  const { Result: updated } = await client.UpdateApiKey({ AccessKeyId });
  expect(updated?.AccessKeySecret).toMatch(/^[0-9A-Za-z]{40}$/);
  expect(await describeKey(AccessKeyId)).toEqual(updated);
});

it("a manual key: new secret while enabled, then disabled, as Terraform does", async () => {
  const { AccessKeyId } = await create(manual("terraform_id", "first_secret"));
  await client.UpdateApiKey({ AccessKeyId, AccessKeySecret: "second_secret" });
  await client.DisableApiKey({ AccessKeyId });
  const Filters = [{ Name: "AccessKeyId", Values: [AccessKeyId] }];
  expect((await client.DescribeApiKeysStatus({ Filters })).Result?.ApiKeySet?.[0]).toMatchObject({
    Status: 0,
    AccessKeySecret: "second_secret",
    AccessKeyType: "manual",
  });
});

it("an enabled bound key: its status is checked before its bindings", async () => {
  const { AccessKeyId } = await create();
  const plan = (await client.CreateUsagePlan({ UsagePlanName: "p" })).Result?.UsagePlanId ?? "";
  const binding = { UsagePlanId: plan, AccessKeyIds: [AccessKeyId] };
  await client.BindSecretIds(binding);
  const remove = () => codeOf(client.DeleteApiKey({ AccessKeyId }));
  expect(await remove()).toBe("UnsupportedOperation.InvalidStatus");
  await client.DisableApiKey({ AccessKeyId });
  expect(await remove()).toBe("UnsupportedOperation.ResourceIsInUse");
  await client.UnBindSecretIds(binding);
  expect(await remove()).toBe("no error");
  expect(await remove()).toBe("ResourceNotFound.InvalidAccessKeyId");
});

it("ModifiedTime moves by update, disable and enable, not by bind and unbind; CreatedTime never", async () => {
  const { AccessKeyId, CreatedTime } = await create();
  const plan = (await client.CreateUsagePlan({ UsagePlanName: "p" })).Result?.UsagePlanId ?? "";
  const binding = { UsagePlanId: plan, AccessKeyIds: [AccessKeyId] };
  const moved = async (change: () => Promise<unknown>): Promise<boolean> => {
    const before = await describeKey(AccessKeyId);
    await wait(1_100);
    await change();
    const after = await describeKey(AccessKeyId);
    expect(after?.CreatedTime).toBe(CreatedTime);
    return (after?.ModifiedTime ?? "") > (before?.ModifiedTime ?? "");
  };
  const bindAndUnbind = async () => {
    await client.BindSecretIds(binding);
    await client.UnBindSecretIds(binding);
  };
  expect(await moved(bindAndUnbind)).toBe(false);
  expect(await moved(() => client.UpdateApiKey({ AccessKeyId }))).toBe(true);
  expect(await moved(() => client.DisableApiKey({ AccessKeyId }))).toBe(true);
  expect(await moved(() => client.EnableApiKey({ AccessKeyId }))).toBe(true);
});

describe("regions", () => {
  const elsewhere = () => apigatewayClient(keyway, { region: "ap-beijing" });
  const noKey = "ResourceNotFound.InvalidAccessKeyId";

  it("no action reaches a key of another one", async () => {
    const { AccessKeyId } = await create();
    for (const action of [
      "DescribeApiKey",
      "UpdateApiKey",
      "EnableApiKey",
      "DisableApiKey",
      "DeleteApiKey",
    ]) {
      expect([action, await codeOf(elsewhere().request(action, { AccessKeyId }))]).toEqual([action, noKey]);
    }
    const plan = (await elsewhere().CreateUsagePlan({ UsagePlanName: "p" })).Result?.UsagePlanId ?? "";
    const binding = { UsagePlanId: plan, AccessKeyIds: [AccessKeyId] };
    expect(await codeOf(elsewhere().BindSecretIds(binding))).toBe(noKey);
    expect((await describeKey(AccessKeyId))?.Status).toBe(1);
  });

  const AccessKeyId = "AKIDnobody";
  const UsagePlanId = "usagePlan-nothing0";
  const documented = "InvalidParameterValue.InvalidRegion";
  it.each<[action: string, input: object, code: string]>([
    ["DescribeApiKeysStatus", {}, documented],
    ["DeleteApiKey", { AccessKeyId }, documented],
    ["BindSecretIds", { UsagePlanId, AccessKeyIds: [AccessKeyId] }, documented],
    ["DescribeUsagePlanSecretIds", { UsagePlanId }, documented],
    ["CreateUsagePlan", { UsagePlanName: "p" }, documented],
    ["DescribeUsagePlan", { UsagePlanId }, documented],
    ["DescribeUsagePlansStatus", {}, documented],
    ["CreateApiKey", { SecretName: "n" }, "UnsupportedRegion"],
    ["DescribeApiKey", { AccessKeyId }, "UnsupportedRegion"],
    ["UpdateApiKey", { AccessKeyId }, "UnsupportedRegion"],
    ["EnableApiKey", { AccessKeyId }, "UnsupportedRegion"],
    ["DisableApiKey", { AccessKeyId }, "UnsupportedRegion"],
    ["ModifyUsagePlan", { UsagePlanId }, "UnsupportedRegion"],
    ["DeleteUsagePlan", { UsagePlanId }, "UnsupportedRegion"],
    ["UnBindSecretIds", { UsagePlanId, AccessKeyIds: [AccessKeyId] }, "UnsupportedRegion"],
  ])("%s in a region of another form", async (action, input, code) => {
    const moon = apigatewayClient(keyway, { region: "moon" });
    expect(await codeOf(moon.request(action, input))).toBe(code);
  });
});
