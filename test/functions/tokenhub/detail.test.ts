import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { receiptForm } from "../../../lib/receipts/receipt.ts";
import { type IssuedCredential, issueCredential } from "../../support/facade.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { sdkClient, ways } from "../../support/sdk.ts";
import { eventsAbout } from "../../support/storage.ts";

/** What a reply says of owner and times, and what a change leaves behind, with a clock that the test moves. */

const platform = { Platform: "maas" };
const china = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Asia/Shanghai",
  dateStyle: "short",
  timeStyle: "medium",
});

let keyway: TestKeyway;
let operator: IssuedCredential;
beforeAll(async () => {
  keyway = await startKeyway();
  operator = await issueCredential(keyway, "operator");
});
afterAll(() => keyway.stop());

const created = new Date("2026-07-01T20:30:00Z");
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: created });
});
afterEach(() => {
  vi.useRealTimers();
});

const client = () => sdkClient(keyway, { credentials: operator });
const create = async (more: object = {}): Promise<string> =>
  (await client().CreateApiKey({ ApiKeyName: "n", ...platform, BindType: "all", ...more })).ApiKeyId ?? "";
const describeKey = (ApiKeyId: string) => client().DescribeApiKey({ ApiKeyId, ...platform });

it("owner, creator and China time of a key that a sub-account made", async () => {
  const id = await create();
  expect(id).toMatch(/^ak-20260702-/); // the next day already, in China
  const detail = await describeKey(id);
  expect(detail).toMatchObject({ Uin: "100000000001", SubUin: operator.subUin });
  expect(detail.CreateTime).toBe(china.format(created));
  expect(detail.UpdateTime).toBe(detail.CreateTime);
});

it("a quota's package begins at once and runs for twenty years", async () => {
  const id = await create({ Quotas: [{ CycleUnit: "d", CycleCredits: "5" }] });
  expect((await describeKey(id)).QuotaSet?.[0]).toMatchObject({
    StartTime: "2026-07-01T20:30:00Z",
    ExpireTime: "2046-07-01T20:30:00Z",
  });
});

describe("every successful change", () => {
  it.each<[string, (id: string) => Promise<unknown>]>([
    ["of the remark", (ApiKeyId) => client().ModifyApiKeyInfo({ ApiKeyId, ...platform, Remark: "r" })],
    [
      "of the status",
      (ApiKeyId) => client().ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: "disable" }),
    ],
    [
      "to the same status",
      (ApiKeyId) => client().ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: "enable" }),
    ],
    [
      "of the scope",
      (ApiKeyId) => client().request("ModifyApiKeyBindings", { ApiKeyId, ...platform, BindType: "all" }),
    ],
  ])("%s refreshes UpdateTime and leaves CreateTime", async (_, change) => {
    const id = await create();
    const later = new Date(created.getTime() + 90_000);
    vi.setSystemTime(later);
    await change(id);
    const detail = await describeKey(id);
    expect([detail.CreateTime, detail.UpdateTime]).toEqual([china.format(created), china.format(later)]);
  });
});

it("each change writes one event, with the key's version and no secret", async () => {
  const ApiKeyId = await create();
  const { ApiKey = "" } = await describeKey(ApiKeyId);
  await client().ModifyApiKeyInfo({ ApiKeyId, ...platform, Remark: "r" });
  await client().ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: "disable" });
  await client().ModifyApiKeyStatus({ ApiKeyId, ...platform, Status: "enable" });
  await client().DeleteApiKey({ ApiKeyId, ...platform });
  const told = await eventsAbout(keyway.folder, rootAccount, `tokenhub/${ApiKeyId}`);
  expect(told.map(({ type, version }) => [type, version])).toEqual([
    ["key.created", 1],
    ["key.updated", 2],
    ["key.disabled", 3],
    ["key.enabled", 4],
    ["key.deleted", 5],
  ]);
  for (const { type, data, time } of told) {
    const ends = type === "key.disabled" || type === "key.deleted";
    expect(data).toEqual({
      ...{ id: ApiKeyId, name: expect.any(String), provider: "tokenhub", status: expect.any(String) },
      ...(ends && { receipt: expect.stringMatching(receiptForm), stoppedAt: created.toISOString() }),
    });
    expect(time).toBe(created.toISOString());
    expect(JSON.stringify(data)).not.toContain(ApiKey);
  }
});

it("a call leaves one line in the log: who, what, how it ended, how long it took", async () => {
  const { RequestId } = await client().DescribeApiKeyList({});
  await new Promise((resolve) => setImmediate(resolve));
  const lines = keyway
    .log()
    .split("\n")
    .filter((line) => line.includes(String(RequestId)));
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toEqual({
    time: created.toISOString(),
    level: "info",
    message: "call",
    requestId: RequestId,
    action: "tokenhub:DescribeApiKeyList",
    account: "100000000001",
    principal: operator.id,
    outcome: "ok",
    ms: 0,
  });
});

it("without a limit a page has twenty keys", async () => {
  const here = sdkClient(keyway, { region: "ap-shanghai" });
  for (let count = 0; count < 21; count++) {
    await here.CreateApiKey({ ApiKeyName: "n", ...platform, BindType: "all" });
  }
  const page = await here.DescribeApiKeyList({});
  expect([page.ApiKeySet?.length, page.TotalCount]).toEqual([20, 21]);
});

describe.each(ways)("an unset field by $signMethod over $reqMethod", (way) => {
  it("is absent", async () => {
    const id = await create();
    const { ApiKey = "" } = await describeKey(id);
    const own = sdkClient(keyway, way);
    await own.ModifyApiKeyInfo({
      ApiKeyId: id,
      ...platform,
      ApiKeyName: undefined,
      IpWhitelist: undefined,
      QuotasDesired: undefined,
    } as never);
    const found = await own.DescribeApiKey({ ...platform, ApiKeyId: undefined, ApiKey } as never);
    expect(found.ApiKeyId).toBe(id);
    await own.DeleteApiKey({ ApiKeyId: id, ...platform });
  });
});
