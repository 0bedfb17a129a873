import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApigatewayClient, apigatewayClient } from "../../support/apigateway-client.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { rootAccount, startKeyway, type TestKeyway, temporaryFolder } from "../../support/keyway.ts";
import { codeOf } from "../../support/sdk.ts";

let keyway: TestKeyway;
let client: ApigatewayClient;
/** An enabled key that is bound to a plan, a disabled one, a manual one, and the plan. */
let bound = "";
let disabled = "";
const manual = "manual_id";
let plan = "";

const newKey = async (): Promise<string> =>
  (await client.CreateApiKey({ SecretName: "n" })).Result?.AccessKeyId ?? "";
const newPlan = async (): Promise<string> =>
  (await client.CreateUsagePlan({ UsagePlanName: "p" })).Result?.UsagePlanId ?? "";

beforeAll(async () => {
  keyway = await startKeyway();
  client = apigatewayClient(keyway);
  bound = await newKey();
  disabled = await newKey();
  await client.DisableApiKey({ AccessKeyId: disabled });
  const given = { AccessKeyType: "manual", AccessKeyId: manual, AccessKeySecret: "long_enough" };
  await client.CreateApiKey({ SecretName: "n", ...given });
  plan = await newPlan();
  await client.BindSecretIds({ UsagePlanId: plan, AccessKeyIds: [bound] });
});
afterAll(() => keyway.stop());

type Case = readonly [action: string, input: () => object, code: string];
const key = (AccessKeyId: string) => ({ AccessKeyId });
const given = (id: unknown, secret: unknown) => ({
  SecretName: "n",
  AccessKeyType: "manual",
  AccessKeyId: id,
  AccessKeySecret: secret,
});
const filter = (Name: string, Values: unknown = ["x"]) => ({ Filters: [{ Name, Values }] });
const bind = (...AccessKeyIds: readonly string[]) => ({ UsagePlanId: plan, AccessKeyIds });

const format = "InvalidParameter.FormatError";
const noKey = "ResourceNotFound.InvalidAccessKeyId";
const noPlan = "ResourceNotFound.InvalidUsagePlan";
const wrongStatus = "UnsupportedOperation.UnsupportedUpdateApiKey";

const cases: readonly Case[] = [
  ["CreateApiKey", () => ({}), "MissingParameter"],
  ["CreateApiKey", () => ({ SecretName: "" }), format],
  ["CreateApiKey", () => ({ SecretName: "x".repeat(51) }), format],
  ["CreateApiKey", () => ({ SecretName: "with space" }), format],
  ["CreateApiKey", () => ({ SecretName: 1 }), format],
  ["CreateApiKey", () => ({ SecretName: "n", AccessKeyType: "other" }), format],
  ["CreateApiKey", () => ({ SecretName: "n", Unknown: 1 }), "UnknownParameter"],
  ["CreateApiKey", () => ({ SecretName: "n", Tags: [{ Key: "a" }] }), "MissingParameter"],
  ["CreateApiKey", () => ({ SecretName: "n", AccessKeyType: "manual" }), "MissingParameter"],
  ["CreateApiKey", () => given("good_id", undefined), "MissingParameter"],
  ["CreateApiKey", () => given("four", "long_enough"), format],
  ["CreateApiKey", () => given("x".repeat(51), "long_enough"), format],
  ["CreateApiKey", () => given("with-dash", "long_enough"), format],
  ["CreateApiKey", () => given("good_id", "too_short"), format],
  ["CreateApiKey", () => given("good_id", "x".repeat(51)), format],
  ["CreateApiKey", () => given(manual, "long_enough"), "FailedOperation.AccessKeyExist"],
  ["DescribeApiKey", () => ({}), "MissingParameter"],
  ["DescribeApiKey", () => key("AKIDnobody"), noKey],
  ["DescribeApiKeysStatus", () => ({ Limit: 0 }), format],
  ["DescribeApiKeysStatus", () => ({ Limit: 101 }), format],
  ["DescribeApiKeysStatus", () => ({ Offset: -1 }), format],
  ["DescribeApiKeysStatus", () => filter("Nothing"), "InvalidParameterValue.InvalidFilterNotSupportedName"],
  ["DescribeApiKeysStatus", () => filter("__proto__"), "InvalidParameterValue.InvalidFilterNotSupportedName"],
  ["DescribeApiKeysStatus", () => filter("Status", [1]), format],
  ["UpdateApiKey", () => key("AKIDnobody"), noKey],
  ["UpdateApiKey", () => key(disabled), wrongStatus],
  ["UpdateApiKey", () => key(manual), format],
  ["UpdateApiKey", () => ({ ...key(bound), AccessKeySecret: "long_enough" }), format],
  ["UpdateApiKey", () => ({ ...key(manual), AccessKeySecret: "short" }), format],
  ["EnableApiKey", () => key(bound), wrongStatus],
  ["EnableApiKey", () => key("AKIDnobody"), noKey],
  ["DisableApiKey", () => key(disabled), wrongStatus],
  ["DisableApiKey", () => key("AKIDnobody"), noKey],
  ["DeleteApiKey", () => key(bound), "UnsupportedOperation.InvalidStatus"],
  ["DeleteApiKey", () => key("AKIDnobody"), noKey],
  ["CreateUsagePlan", () => ({}), "MissingParameter"],
  ["CreateUsagePlan", () => ({ UsagePlanName: "a\nb" }), format],
  ["CreateUsagePlan", () => ({ UsagePlanName: "p", UsagePlanDesc: "x".repeat(201) }), format],
  ...[0, -2, 100_000_000].map(
    (MaxRequestNum): Case => [
      "CreateUsagePlan",
      () => ({ UsagePlanName: "p", MaxRequestNum }),
      "InvalidParameterValue.InvalidMaxRequestNum",
    ],
  ),
  [
    "CreateUsagePlan",
    () => ({ UsagePlanName: "p", MaxRequestNumPreSec: 2001 }),
    "InvalidParameterValue.InvalidMaxRequestNum",
  ],
  ["ModifyUsagePlan", () => ({ UsagePlanId: plan, MaxRequestNum: 0 }), format],
  ["ModifyUsagePlan", () => ({ UsagePlanId: "usagePlan-nothing0" }), noPlan],
  ["DescribeUsagePlan", () => ({ UsagePlanId: "usagePlan-nothing0" }), noPlan],
  ["DescribeUsagePlansStatus", () => filter("x"), "InvalidParameterValue.InvalidFilterNotSupportedName"],
  ["DeleteUsagePlan", () => ({ UsagePlanId: plan }), "UnsupportedOperation.UsagePlanInUse"],
  ["DeleteUsagePlan", () => ({ UsagePlanId: "usagePlan-nothing0" }), noPlan],
  ["DescribeUsagePlanSecretIds", () => ({ UsagePlanId: "usagePlan-nothing0" }), noPlan],
  ["BindSecretIds", () => ({ UsagePlanId: "usagePlan-nothing0", AccessKeyIds: [bound] }), noPlan],
  ["BindSecretIds", () => bind("AKIDnobody"), noKey],
  ["BindSecretIds", () => bind(), "InvalidParameterValue.InvalidAccessKeyIds"],
  ["BindSecretIds", () => bind(manual, manual), "InvalidParameterValue.InvalidAccessKeyIds"],
  ["BindSecretIds", () => bind(bound), "UnsupportedOperation.AlreadyBindUsagePlan"],
  ["BindSecretIds", () => bind(disabled), "UnsupportedOperation.InvalidStatus"],
  ["BindSecretIds", () => bind(manual, disabled), "UnsupportedOperation.InvalidStatus"],
  ["UnBindSecretIds", () => bind(manual), "UnsupportedOperation.RequestPostError"],
  ["UnBindSecretIds", () => bind("AKIDnobody"), noKey],
];

it.each(cases.map(([action, input, code], n) => ({ n, action, input, code })))(
  "$n $action is refused with $code",
  async ({ action, input, code }) => {
    const { store } = keyway.house;
    const before = await store.readAuditHead(rootAccount);
    expect(await codeOf(client.request(action, input()))).toBe(code);
    expect(await store.readAuditHead(rootAccount)).toEqual(before);
  },
);

it("the region of another form has the code that its action documents", async () => {
  const elsewhere = apigatewayClient(keyway, { region: "moon" });
  const code = "InvalidParameterValue.InvalidRegion";
  expect(await codeOf(elsewhere.DescribeApiKeysStatus({}))).toBe(code);
  expect(await codeOf(elsewhere.DeleteApiKey({ AccessKeyId: bound }))).toBe(code);
  expect(await codeOf(elsewhere.DescribeApiKey({ AccessKeyId: bound }))).toBe("UnsupportedRegion");
});

describe("regions", () => {
  it("do not see each other's keys and plans, and share manual ids; none is the provider's own", async () => {
    const elsewhere = apigatewayClient(keyway, { region: "ap-beijing" });
    expect(await codeOf(elsewhere.DescribeApiKey({ AccessKeyId: bound }))).toBe(noKey);
    expect(await codeOf(elsewhere.DescribeUsagePlan({ UsagePlanId: plan }))).toBe(noPlan);
    expect((await elsewhere.DescribeApiKeysStatus({})).Result).toEqual({ TotalCount: 0, ApiKeySet: [] });
    expect(await codeOf(elsewhere.request("CreateApiKey", given(manual, "long_enough")))).toBe(
      "FailedOperation.AccessKeyExist",
    );
    const nowhere = apigatewayClient(keyway, { region: "" });
    expect((await nowhere.DescribeApiKey({ AccessKeyId: bound })).Result?.AccessKeyId).toBe(bound);
  });
});

it("another account sees nothing of this one", async () => {
  const other = apigatewayClient({ ...keyway, root: await issueAccount(keyway) });
  expect(await codeOf(other.DescribeApiKey({ AccessKeyId: bound }))).toBe(noKey);
  expect(await codeOf(other.DescribeUsagePlan({ UsagePlanId: plan }))).toBe(noPlan);
  expect((await other.DescribeApiKeysStatus({})).Result?.TotalCount).toBe(0);
  const mine = (await client.DescribeApiKey({ AccessKeyId: manual })).Result?.AccessKeySecret ?? "";
  const bySecret = { Filters: [{ Name: "AccessKeySecret", Values: [mine] }] };
  expect((await other.DescribeApiKeysStatus(bySecret)).Result?.TotalCount).toBe(0);
  // Ids are an account's own: whether another one uses it does not show.
  expect(await codeOf(other.request("CreateApiKey", given(manual, "long_enough")))).toBe("no error");
});

it("a viewer gets no secrets, and no mask in their place", async () => {
  const viewer = apigatewayClient(keyway, { credentials: await issueCredential(keyway, "viewer") });
  for (const call of [
    () => viewer.DescribeApiKey({ AccessKeyId: bound }),
    () => viewer.DescribeApiKeysStatus({}),
  ]) {
    expect(await codeOf(call())).toBe("UnauthorizedOperation");
  }
  expect((await viewer.DescribeUsagePlanSecretIds({ UsagePlanId: plan })).Result?.TotalCount).toBe(1);
});

describe("limits", () => {
  it("the key and the plan beyond the configured numbers are refused", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "keyway.json");
    const settings = { service: "apigateway", keysMax: 2, plansMax: 1 };
    writeFileSync(file, JSON.stringify({ providers: { apigateway: settings } }));
    const own = await startKeyway({ env: { KEYWAY_CONFIG: file } });
    try {
      const few = apigatewayClient(own);
      const create = () => few.CreateApiKey({ SecretName: "n" });
      await create();
      await create();
      expect(await codeOf(create())).toBe("LimitExceeded.ApiKeyCountLimitExceeded");
      await few.CreateUsagePlan({ UsagePlanName: "p" });
      const second = few.CreateUsagePlan({ UsagePlanName: "p" });
      expect(await codeOf(second)).toBe("LimitExceeded.UsagePlanLimitExceeded");
    } finally {
      await own.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it("a plan holds 50 keys, a key is in 10 plans", async () => {
    const UsagePlanId = await newPlan();
    const ids = await Promise.all(Array.from({ length: 51 }, newKey));
    const [first = "", ...rest] = ids;
    await client.BindSecretIds({ UsagePlanId, AccessKeyIds: rest });
    const more = client.BindSecretIds({ UsagePlanId, AccessKeyIds: [first] });
    expect(await codeOf(more)).toBe("LimitExceeded.AccessKeyCountInUsagePlanLimitExceeded");
    const plans = await Promise.all(Array.from({ length: 11 }, newPlan));
    const codes = await Promise.all(
      plans.map((id) => codeOf(client.BindSecretIds({ UsagePlanId: id, AccessKeyIds: [first] }))),
    );
    expect(codes.filter((code) => code === "no error")).toHaveLength(10);
    expect(codes).toContain("UnsupportedOperation.UnsupportedBindApiKey");
  });

  it("20 parallel creations of one manual id give one key", async () => {
    const input = { ...given("parallel_id", "long_enough"), SecretName: "n" };
    const codes = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(client.request("CreateApiKey", input))),
    );
    expect(codes.filter((code) => code === "no error")).toHaveLength(1);
    expect(codes.filter((code) => code === "FailedOperation.AccessKeyExist")).toHaveLength(19);
  });

  it("binding, disabling and deleting in parallel never leave a plan with a key that is gone", async () => {
    for (let round = 0; round < 10; round++) {
      const [AccessKeyId, UsagePlanId] = [await newKey(), await newPlan()];
      const binding = { UsagePlanId, AccessKeyIds: [AccessKeyId] };
      await Promise.all([
        codeOf(client.BindSecretIds(binding)),
        codeOf(client.DisableApiKey({ AccessKeyId })).then(() =>
          codeOf(client.DeleteApiKey({ AccessKeyId })),
        ),
        codeOf(client.BindSecretIds(binding)),
      ]);
      const gone = (await codeOf(client.DescribeApiKey({ AccessKeyId }))) === noKey;
      const held = (await client.DescribeUsagePlan({ UsagePlanId })).Result?.BindSecretIds ?? [];
      expect(held.length === 0 || !gone, `round ${round}`).toBe(true);
      // Each side names the other: reading the plan's keys finds every one of them.
      const named = await client.DescribeUsagePlanSecretIds({ UsagePlanId });
      expect(named.Result?.AccessKeyList?.map((one) => one.AccessKeyId)).toEqual(held);
    }
  });
});
