import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csipClient, type ListFilter } from "../../support/csip-client.ts";
import { access, credentialsOf, sts } from "../../support/csip-credentials.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

/** The list by the official SDK: what each filter, order and page of the contract answers. */

let keyway: TestKeyway;
const names = ["alpha", "beta", "Alphabet", "100%", "1000", "a_b", "axb", "生产密钥", "back\\slash"];
/** The first three are of type `sts`. */
const isSts = (name: string): boolean => names.indexOf(name) < 3;

beforeAll(async () => {
  keyway = await startKeyway();
  const stored = await credentialsOf(keyway);
  for (const name of names) {
    const material = isSts(name) ? sts("aws", "0123456789", "9876543210") : access(["Token", "0123456789"]);
    await stored.create(name, material);
  }
});
afterAll(() => keyway.stop());

const list = async (Filter: ListFilter): Promise<{ readonly names: unknown; readonly total: unknown }> => {
  const { Data, TotalCount } = await csipClient(keyway).DescribeKeySandboxCredentialList({ Filter });
  return { names: Data?.map(({ CredentialName }) => CredentialName), total: TotalCount };
};
const newestFirst = [...names].reverse();
const all = { names: newestFirst, total: names.length };

describe("filters", () => {
  const exactly =
    (...wanted: string[]) =>
    (name: string) =>
      wanted.includes(name);
  const not = (matches: (name: string) => boolean) => (name: string) => !matches(name);
  const containing = (piece: RegExp) => (name: string) => piece.test(name);

  it.each<[Name: string, OperatorType: number | undefined, Values: string[], (name: string) => boolean]>([
    ["CredentialName", undefined, ["ALPHA"], containing(/alpha/i)],
    ["CredentialName", undefined, ["密"], exactly("生产密钥")],
    ["CredentialName", undefined, ["%"], exactly("100%")],
    ["CredentialName", undefined, ["_"], exactly("a_b")],
    ["CredentialName", undefined, ["\\"], exactly("back\\slash")],
    ["CredentialName", undefined, ["100", "beta"], containing(/100|beta/)],
    ["CredentialName", undefined, ["nothing like it"], exactly()],
    ["CredentialName", 9, ["aLPHa"], containing(/alpha/i)],
    ["CredentialName", 1, ["alpha"], exactly("alpha")],
    ["CredentialName", 1, ["ALPHA"], exactly()],
    ["CredentialName", 1, ["alpha", "axb"], exactly("alpha", "axb")],
    ["CredentialName", 7, ["alph"], exactly()],
    ["CredentialName", 7, ["生产密钥"], exactly("生产密钥")],
    ["CredentialName", 6, ["alpha", "beta"], not(exactly("alpha", "beta"))],
    ["CredentialName", 13, ["ALPHA"], not(containing(/alpha/i))],
    ["CredentialName", 13, ["%", "_"], not(exactly("100%", "a_b"))],
    ["CredentialType", undefined, ["sts"], isSts],
    ["CredentialType", undefined, ["access"], not(isSts)],
    ["CredentialType", undefined, ["access", "sts"], () => true],
    ["CredentialType", 1, ["sts"], isSts],
    ["CredentialType", 7, ["access"], not(isSts)],
    ["CredentialType", 6, ["access"], isSts],
    ["CredentialType", 9, ["ST"], isSts],
    ["CredentialType", 13, ["cces"], isSts],
  ])("%s by operator %s of %j", async (Name, OperatorType, Values, matches) => {
    const filter = { Name, Values, ...(OperatorType === undefined ? {} : { OperatorType }) };
    const expected = newestFirst.filter(matches);
    expect(await list({ Filters: [filter] })).toEqual({ names: expected, total: expected.length });
  });

  it("several combine with AND", async () => {
    const Filters = [
      { Name: "CredentialName", Values: ["alpha", "a_b"] },
      { Name: "CredentialType", Values: ["sts"] },
      { Name: "CredentialName", OperatorType: 6, Values: ["alpha"] },
    ];
    expect(await list({ Filters })).toEqual({ names: ["Alphabet"], total: 1 });
  });
});

describe("order", () => {
  const sorted = [...names].sort();
  it.each<[ListFilter, readonly string[]]>([
    [{}, newestFirst],
    [{ Order: "asc" }, names],
    [{ Order: "Desc" }, newestFirst],
    [{ By: "CreateTime", Order: "ASC" }, names],
    [{ By: "CreateTime", Order: "DESC" }, newestFirst],
    [{ By: "insert_time", Order: "Asc" }, names],
    [{ By: "insert_time", Order: "desc" }, newestFirst],
    [{ By: "insert_time" }, newestFirst],
    [{ By: "CredentialName", Order: "asc" }, sorted],
    [{ By: "CredentialName", Order: "desc" }, [...sorted].reverse()],
  ])("%j", async (filter, expected) => {
    expect((await list(filter)).names).toEqual(expected);
  });
});

describe("pages", () => {
  it("by offset and limit, each with the count of all", async () => {
    const pages: unknown[] = [];
    for (let Offset = 0; Offset < 12; Offset += 4) pages.push(await list({ Offset, Limit: 4 }));
    expect(pages).toEqual([
      { names: newestFirst.slice(0, 4), total: 9 },
      { names: newestFirst.slice(4, 8), total: 9 },
      { names: newestFirst.slice(8), total: 9 },
    ]);
    expect(await list({ Offset: 100 })).toEqual({ names: [], total: 9 });
  });

  it.each<[string, ListFilter]>([
    ["an empty filter", {}],
    ["no filters in it", { Filters: [] }],
    ["the largest page", { Limit: 200 }],
    ["a time span, which is ignored", { StartTime: "2022-05-23 16:42:22", EndTime: "2022-05-23 16:42:22" }],
  ])("%s answers everything", async (_, filter) => {
    expect(await list(filter)).toEqual(all);
  });

  it("an empty request and an empty MemberId are the caller's own view", async () => {
    for (const request of [{}, { MemberId: [] }, { Filter: {}, MemberId: [] }]) {
      const { Data, TotalCount } = await csipClient(keyway).DescribeKeySandboxCredentialList(request);
      expect({ names: Data?.map((one) => one.CredentialName), total: TotalCount }).toEqual(all);
    }
  });

  it("holds ten when no limit is given", async () => {
    const stored = await credentialsOf(keyway);
    const more = await Promise.all(["1", "2"].map((name) => stored.create(name, access(["Token", "value"]))));
    const { names: page, total } = await list({});
    expect([page, total]).toEqual([expect.objectContaining({ length: 10 }), 11]);
    await Promise.all(more.map((id) => stored.remove(id)));
    expect(await list({})).toEqual(all);
  });
});
