import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apigatewayClient } from "../../support/apigateway-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { codeOf, ways } from "../../support/sdk.ts";

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

let serial = 0;
const fresh = (prefix: string): string => {
  serial += 1;
  return `${prefix}_${serial}`;
};
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

describe.each(ways)("$signMethod by $reqMethod", (way) => {
  it("an automatic key: create, read, list, update, disable, delete", async () => {
    const client = apigatewayClient(keyway, way);
    const SecretName = fresh("auto");
    const { Result: made } = await client.CreateApiKey({
      SecretName,
      Tags: [{ Key: "team", Value: "平台" }],
    });
    expect(made).toEqual({
      AccessKeyId: expect.stringMatching(/^AKID[0-9A-Za-z]{36}$/),
      AccessKeySecret: expect.stringMatching(/^[0-9A-Za-z]{40}$/),
      AccessKeyType: "auto",
      SecretName,
      Status: 1,
      CreatedTime: expect.stringMatching(time),
      ModifiedTime: made?.CreatedTime,
      Tags: [{ Key: "team", Value: "平台" }],
    });
    const AccessKeyId = made?.AccessKeyId ?? "";
    expect((await client.DescribeApiKey({ AccessKeyId })).Result).toEqual(made);
    const byId = { Filters: [{ Name: "AccessKeyId", Values: [AccessKeyId] }] };
    expect((await client.DescribeApiKeysStatus(byId)).Result).toEqual({ TotalCount: 1, ApiKeySet: [made] });
    const { Result: updated } = await client.UpdateApiKey({ AccessKeyId });
    expect(updated?.AccessKeySecret).not.toBe(made?.AccessKeySecret);
    expect({ ...updated, AccessKeySecret: "", ModifiedTime: "" }).toEqual({
      ...made,
      AccessKeySecret: "",
      ModifiedTime: "",
    });
    expect(await codeOf(client.DeleteApiKey({ AccessKeyId }))).toBe("UnsupportedOperation.InvalidStatus");
    expect((await client.DisableApiKey({ AccessKeyId })).Result).toBe(true);
    expect((await client.DescribeApiKey({ AccessKeyId })).Result?.Status).toBe(0);
    expect((await client.DeleteApiKey({ AccessKeyId })).Result).toBe(true);
    expect((await client.DescribeApiKeysStatus(byId)).Result).toEqual({ TotalCount: 0, ApiKeySet: [] });
    expect(await codeOf(client.DescribeApiKey({ AccessKeyId }))).toBe("ResourceNotFound.InvalidAccessKeyId");
  });

  it("a manual key brings its id and secret, and a new secret at each update", async () => {
    const client = apigatewayClient(keyway, way);
    const manual = {
      SecretName: fresh("manual"),
      AccessKeyType: "manual",
      AccessKeyId: fresh("my_own_id"),
      AccessKeySecret: "my_own_secret_1",
    };
    const { Result: made } = await client.CreateApiKey(manual);
    expect(made).toMatchObject(manual);
    const { AccessKeyId } = manual;
    expect(await codeOf(client.CreateApiKey(manual))).toBe("FailedOperation.AccessKeyExist");
    expect(await codeOf(client.UpdateApiKey({ AccessKeyId }))).toBe("InvalidParameter.FormatError");
    const changed = await client.UpdateApiKey({ AccessKeyId, AccessKeySecret: "my_own_secret_2" });
    expect(changed.Result?.AccessKeySecret).toBe("my_own_secret_2");
    const found = await client.DescribeApiKeysStatus({
      Filters: [{ Name: "AccessKeySecret", Values: ["my_own_secret_2"] }],
    });
    expect(found.Result?.ApiKeySet?.some((key) => key.AccessKeyId === AccessKeyId)).toBe(true);
    await client.DisableApiKey({ AccessKeyId });
    await client.DeleteApiKey({ AccessKeyId });
  });

  it("a usage plan: create, bind, refuse to go while in use, unbind, delete", async () => {
    const client = apigatewayClient(keyway, way);
    const key = (await client.CreateApiKey({ SecretName: fresh("bound") })).Result;
    const AccessKeyId = key?.AccessKeyId ?? "";
    const { Result: plan } = await client.CreateUsagePlan({ UsagePlanName: "gold", MaxRequestNumPreSec: 20 });
    const UsagePlanId = plan?.UsagePlanId ?? "";
    expect(plan).toEqual({
      UsagePlanId: expect.stringMatching(/^usagePlan-[0-9a-z]{8}$/),
      UsagePlanName: "gold",
      UsagePlanDesc: "",
      MaxRequestNumPreSec: 20,
      MaxRequestNum: -1,
      CreatedTime: expect.stringMatching(time),
      ModifiedTime: plan?.CreatedTime,
      BindSecretIdTotalCount: 0,
      BindSecretIds: [],
      BindEnvironmentTotalCount: 0,
      BindEnvironments: [],
      Tags: [],
    });
    const binding = { UsagePlanId, AccessKeyIds: [AccessKeyId] };
    expect((await client.BindSecretIds(binding)).Result).toBe(true);
    expect(await codeOf(client.BindSecretIds(binding))).toBe("UnsupportedOperation.AlreadyBindUsagePlan");
    expect((await client.DescribeUsagePlan({ UsagePlanId })).Result?.BindSecretIds).toEqual([AccessKeyId]);
    expect((await client.DescribeApiKey({ AccessKeyId })).Result).toEqual(key);
    expect((await client.DescribeUsagePlanSecretIds({ UsagePlanId })).Result).toEqual({
      TotalCount: 1,
      AccessKeyList: [{ AccessKeyId, SecretName: key?.SecretName, Status: 1 }],
    });
    const notIn = { Filters: [{ Name: "NotUsagePlanId", Values: [UsagePlanId] }], Limit: 100 };
    const others = (await client.DescribeApiKeysStatus(notIn)).Result?.ApiKeySet ?? [];
    expect(others.some((other) => other.AccessKeyId === AccessKeyId)).toBe(false);
    await client.DisableApiKey({ AccessKeyId });
    expect(await codeOf(client.DeleteApiKey({ AccessKeyId }))).toBe("UnsupportedOperation.ResourceIsInUse");
    expect(await codeOf(client.DeleteUsagePlan({ UsagePlanId }))).toBe("UnsupportedOperation.UsagePlanInUse");
    const modified = await client.ModifyUsagePlan({ UsagePlanId, MaxRequestNum: 7, UsagePlanDesc: "d" });
    expect(modified.Result).toMatchObject({ MaxRequestNum: 7, MaxRequestNumPreSec: 20, UsagePlanDesc: "d" });
    const listed = await client.DescribeUsagePlansStatus({
      Filters: [{ Name: "UsagePlanId", Values: [UsagePlanId] }],
    });
    expect(listed.Result).toMatchObject({ TotalCount: 1, UsagePlanStatusSet: [{ UsagePlanName: "gold" }] });
    expect((await client.UnBindSecretIds(binding)).Result).toBe(true);
    expect(await codeOf(client.UnBindSecretIds(binding))).toBe("UnsupportedOperation.RequestPostError");
    expect((await client.DeleteApiKey({ AccessKeyId })).Result).toBe(true);
    expect((await client.DeleteUsagePlan({ UsagePlanId })).Result).toBe(true);
    expect(await codeOf(client.DescribeUsagePlan({ UsagePlanId }))).toBe("ResourceNotFound.InvalidUsagePlan");
  });
});
