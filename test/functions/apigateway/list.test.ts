import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApigatewayClient, apigatewayClient } from "../../support/apigateway-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { ways } from "../../support/sdk.ts";

/** Listing keys by the official SDK: what each filter and page of the contract answers. */

let keyway: TestKeyway;
let client: ApigatewayClient;
let plan = "";
const names = ["alpha", "beta", "Alphabet", "a_b", "axb", "a-b", "beta"];
const newestFirst = [...names.keys()].reverse();
const isDisabled = (place: number): boolean => place % 3 === 1;
const isBound = (place: number): boolean => place === 0 || place === 2;
/** By the order of creation. */
const keys: { readonly id: string; readonly secret: string }[] = [];
const idOf = (place: number): string => keys[place]?.id ?? "";
const secretOf = (place: number): string => keys[place]?.secret ?? "";

beforeAll(async () => {
  keyway = await startKeyway();
  client = apigatewayClient(keyway);
  for (const SecretName of names) {
    const { Result } = await client.CreateApiKey({ SecretName });
    keys.push({ id: Result?.AccessKeyId ?? "", secret: Result?.AccessKeySecret ?? "" });
  }
  plan = (await client.CreateUsagePlan({ UsagePlanName: "p" })).Result?.UsagePlanId ?? "";
  const AccessKeyIds = keys.filter((_, place) => isBound(place)).map(({ id }) => id);
  await client.BindSecretIds({ UsagePlanId: plan, AccessKeyIds });
  for (const [place, { id }] of keys.entries()) {
    if (isDisabled(place)) await client.DisableApiKey({ AccessKeyId: id });
  }
});
afterAll(() => keyway.stop());

type Request = Parameters<ApigatewayClient["DescribeApiKeysStatus"]>[0];
const list = async (request: Request, by = client): Promise<{ places: number[]; total: number }> => {
  const { Result } = await by.DescribeApiKeysStatus(request);
  const places = (Result?.ApiKeySet ?? []).map(({ AccessKeyId }) =>
    keys.findIndex(({ id }) => id === AccessKeyId),
  );
  return { places, total: Result?.TotalCount ?? -1 };
};

type Filters = readonly (readonly [name: string, ...values: string[]])[];
const cases: readonly (readonly [
  what: string,
  filters: () => Filters,
  matches: (name: string, place: number) => boolean,
])[] = [
  ["id", () => [["AccessKeyId", idOf(1)]], (_, place) => place === 1],
  ["one of two ids", () => [["AccessKeyId", idOf(1), idOf(4)]], (_, place) => [1, 4].includes(place)],
  ["part of an id", () => [["AccessKeyId", idOf(1).slice(0, 20)]], () => false],
  ["no id", () => [["AccessKeyId", "AKIDnobody"]], () => false],
  ["secret", () => [["AccessKeySecret", secretOf(2)]], (_, place) => place === 2],
  ["one of two secrets", () => [["AccessKeySecret", secretOf(2), secretOf(5)]], (_, n) => n === 2 || n === 5],
  ["part of a secret", () => [["AccessKeySecret", secretOf(2).slice(0, 20)]], () => false],
  ["name", () => [["SecretName", "alpha"]], (name) => name === "alpha"],
  ["name that two have", () => [["SecretName", "beta"]], (name) => name === "beta"],
  ["name in another case", () => [["SecretName", "ALPHA"]], () => false],
  ["one of two names", () => [["SecretName", "alpha", "axb"]], (name) => ["alpha", "axb"].includes(name)],
  ["word", () => [["KeyWord", "ALPHA"]], (name) => /alpha/i.test(name)],
  ["one of two words", () => [["KeyWord", "PHAB", "xb"]], (name) => /phab|xb/i.test(name)],
  ["word with _", () => [["KeyWord", "_"]], (name) => name.includes("_")],
  ["word with %", () => [["KeyWord", "%"]], () => false],
  ["word of an id", () => [["KeyWord", "AKID"]], () => false],
  ["enabled", () => [["Status", "1"]], (_, place) => !isDisabled(place)],
  ["disabled", () => [["Status", "0"]], (_, place) => isDisabled(place)],
  ["both statuses", () => [["Status", "0", "1"]], () => true],
  ["not in the plan", () => [["NotUsagePlanId", plan]], (_, place) => !isBound(place)],
  [
    "filters combine with AND",
    () => [
      ["KeyWord", "a"],
      ["Status", "1"],
      ["NotUsagePlanId", plan],
    ],
    (_, place) => !isDisabled(place) && !isBound(place),
  ],
  [
    "id AND a secret of another key",
    () => [
      ["AccessKeyId", idOf(1)],
      ["AccessKeySecret", secretOf(2)],
    ],
    () => false,
  ],
];

const asked = (filters: Filters): Request => ({
  Filters: filters.map(([Name, ...Values]) => ({ Name, Values })),
});

describe("filters", () => {
  it.each(cases)("%s", async (_, filters, matches) => {
    const expected = newestFirst.filter((place) => matches(names[place] ?? "", place));
    expect(await list(asked(filters()))).toEqual({ places: expected, total: expected.length });
  });

  it.each(ways)("several, by $signMethod over $reqMethod", async (way) => {
    const filters: Filters = [
      ["SecretName", "alpha", "beta"],
      ["Status", "0"],
    ];
    expect(await list(asked(filters), apigatewayClient(keyway, way))).toEqual({ places: [1], total: 1 });
  });

  it("count all that match, not the page", async () => {
    const filtered = asked([["SecretName", "beta"]]);
    expect(await list({ ...filtered, Limit: 1 })).toEqual({ places: [6], total: 2 });
    expect(await list({ ...filtered, Limit: 1, Offset: 1 })).toEqual({ places: [1], total: 2 });
  });

  it("a secret that was replaced finds nothing, the new one finds the key", async () => {
    const { Result: made } = await client.CreateApiKey({ SecretName: "rotated" });
    const AccessKeyId = made?.AccessKeyId ?? "";
    const { Result: updated } = await client.UpdateApiKey({ AccessKeyId });
    const bySecret = async (secret = "") =>
      (await client.DescribeApiKeysStatus(asked([["AccessKeySecret", secret]]))).Result?.ApiKeySet;
    expect(await bySecret(made?.AccessKeySecret)).toEqual([]);
    expect(await bySecret(updated?.AccessKeySecret)).toEqual([updated]);
    await client.DisableApiKey({ AccessKeyId });
    await client.DeleteApiKey({ AccessKeyId });
    expect(await bySecret(updated?.AccessKeySecret)).toEqual([]);
  });
});

describe("pages", () => {
  it("newest first", async () => {
    expect(await list({})).toEqual({ places: newestFirst, total: 7 });
  });

  it("by offset and limit, each with the count of all", async () => {
    for (const [Offset, Limit] of [
      [0, 3],
      [3, 3],
      [6, 3],
      [7, 3],
      [1000, 100],
    ] as const) {
      const expected = { places: newestFirst.slice(Offset, Offset + Limit), total: 7 };
      expect(await list({ Offset, Limit })).toEqual(expected);
    }
  });

  it("of 20 unless asked otherwise, of 100 at most, without a gap or a repetition", async () => {
    const elsewhere = apigatewayClient(keyway, { region: "ap-beijing" });
    await Promise.all(Array.from({ length: 101 }, (_, n) => elsewhere.CreateApiKey({ SecretName: `k${n}` })));
    const page = async (request: Request) =>
      (await elsewhere.DescribeApiKeysStatus(request)).Result?.ApiKeySet?.map(
        ({ SecretName }) => SecretName,
      ) ?? [];
    expect(await page({})).toHaveLength(20);
    const hundred = await page({ Limit: 100 });
    expect(hundred).toHaveLength(100);
    expect(new Set([...hundred, ...(await page({ Limit: 100, Offset: 100 }))]).size).toBe(101);
  });
});
