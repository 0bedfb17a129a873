import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { sdkClient } from "../../support/sdk.ts";

/** Listing by the official SDK: what each filter, sort and page of the documentation answers. */

let keyway: TestKeyway;
const names = ["alpha", "beta", "Alphabet", "100%", "1000", "a_b", "axb"];
const ids = new Map<string, string>();

beforeAll(async () => {
  keyway = await startKeyway();
  const client = sdkClient(keyway);
  for (const [place, name] of names.entries()) {
    const { ApiKeyId = "" } = await client.CreateApiKey({
      ApiKeyName: name,
      Platform: "maas",
      Status: place % 2 === 0 ? "enable" : "disable",
      ...(place < 2
        ? { BindType: "model_custom_endpoint_custom", Bindings: [{ ResourceType: "model", ResourceId: "m" }] }
        : { BindType: "all" }),
    });
    ids.set(name, ApiKeyId);
  }
});
afterAll(() => keyway.stop());

type Request = Parameters<ReturnType<typeof sdkClient>["DescribeApiKeyList"]>[0];
const list = async (
  request: Request,
): Promise<{ names: (string | undefined)[]; total: number | undefined }> => {
  const { ApiKeySet = [], TotalCount } = await sdkClient(keyway).DescribeApiKeyList(request);
  return { names: ApiKeySet.map(({ Name }) => Name), total: TotalCount };
};
const newestFirst = [...names].reverse();

describe("filters", () => {
  it.each<[Name: string, Op: string, Values: string[], matches: (name: string, place: number) => boolean]>([
    ["apiKeyName", "EXACT", ["alpha"], (name) => name === "alpha"],
    ["apiKeyName", "EXACT", ["alpha", "beta"], (name) => ["alpha", "beta"].includes(name)],
    ["apiKeyName", "EXACT", ["Alpha"], () => false],
    ["apiKeyName", "FUZZY", ["ALPHA"], (name) => /alpha/i.test(name)],
    ["apiKeyName", "FUZZY", ["%"], (name) => name === "100%"],
    ["apiKeyName", "FUZZY", ["_"], (name) => name === "a_b"],
    ["apiKeyName", "NOT", ["alpha", "beta"], (name) => !["alpha", "beta"].includes(name)],
    ["status", "EXACT", ["disable"], (_, place) => place % 2 === 1],
    ["status", "FUZZY", ["able"], () => true],
    ["status", "NOT", ["disable"], (_, place) => place % 2 === 0],
    ["status", "EXACT", ["destroyed"], () => false],
    ["bindType", "EXACT", ["all"], (_, place) => place >= 2],
    ["bindType", "FUZZY", ["custom"], (_, place) => place < 2],
    ["platform", "EXACT", ["maas"], () => true],
    ["platform", "NOT", ["maas"], () => false],
    ["apikeyId", "FUZZY", ["ak-"], () => true],
  ])("%s %s %j", async (Name, Op, Values, matches) => {
    const expected = newestFirst.filter((name) => matches(name, names.indexOf(name)));
    expect(await list({ Filters: [{ Name, Op, Values }] })).toEqual({
      names: expected,
      total: expected.length,
    });
  });

  it("by id", async () => {
    const Values = [ids.get("beta") ?? "", "ak-none"];
    expect((await list({ Filters: [{ Name: "apikeyId", Op: "EXACT", Values }] })).names).toEqual(["beta"]);
    const others = await list({ Filters: [{ Name: "apikeyId", Op: "NOT", Values }] });
    expect(others.names).toEqual(newestFirst.filter((name) => name !== "beta"));
  });

  it("several combine with AND", async () => {
    const found = await list({
      Filters: [
        { Name: "apiKeyName", Op: "FUZZY", Values: ["alpha"] },
        { Name: "bindType", Op: "EXACT", Values: ["all"] },
      ],
    });
    expect(found).toEqual({ names: ["Alphabet"], total: 1 });
  });
});

it("newest first unless sorted by name", async () => {
  expect((await list({})).names).toEqual(newestFirst);
  const sorted = [...names].sort();
  expect((await list({ Sorts: [{ Name: "apiKeyName", Order: "ASC" }] })).names).toEqual(sorted);
  expect((await list({ Sorts: [{ Name: "apiKeyName", Order: "DESC" }] })).names).toEqual(sorted.reverse());
});

it("pages by offset and limit, each with the count of all", async () => {
  const pages: unknown[] = [];
  for (let Offset = 0; Offset < 9; Offset += 3) pages.push(await list({ Offset, Limit: 3 }));
  expect(pages).toEqual([
    { names: newestFirst.slice(0, 3), total: 7 },
    { names: newestFirst.slice(3, 6), total: 7 },
    { names: newestFirst.slice(6), total: 7 },
  ]);
});
