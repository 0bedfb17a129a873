import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueAccount } from "../../support/facade.ts";
import { facadeOf, providerNames } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { sdkClient } from "../../support/sdk.ts";

interface Page {
  readonly items: readonly { readonly id: string; readonly provider: string; readonly createdAt: string }[];
  readonly nextCursor: string | null;
  readonly warnings: readonly unknown[];
}

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
const made: string[] = [];
beforeAll(async () => {
  keyway = await startKeyway();
  facade = facadeOf(keyway);
  for (let round = 0; round < 5; round++) {
    for (const provider of providerNames) {
      const { key } = await facade.create(provider, {
        name: `key-${round}`,
        owner: { team: teams[round % 2] },
      });
      made.unshift(key.id);
    }
  }
});
afterAll(() => keyway.stop());

/** Lower-case UUIDs, because AIone's teams are. */
const teams = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"];

const list = async (query: string): Promise<Page> => {
  const reply = await facade.call("GET", `/v1/keys${query}`);
  expect(reply.status).toBe(200);
  return reply.body as Page;
};

const walk = async (query: string): Promise<readonly string[]> => {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Page = await list(cursor === null ? query : `${query}&cursor=${encodeURIComponent(cursor)}`);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
};

describe("the list of keys", () => {
  it("holds those of all providers, newest first, no material in it", async () => {
    const page = await list("");
    expect(page.items.map(({ id }) => id).toSorted()).toEqual(made.toSorted());
    const times = page.items.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted().reverse());
    expect(page).toMatchObject({ nextCursor: null, warnings: [] });
    expect(JSON.stringify(page)).not.toContain("material");
  });

  it.each([1, 2, 3, 7, 19, 20, 21])("is the same in pages of %i", async (limit) => {
    const whole = (await list("")).items.map(({ id }) => id);
    expect(await walk(`?limit=${limit}`)).toEqual(whole);
  });

  it("goes on where it was when keys are made and deleted meanwhile", async () => {
    const first = await list("?limit=10");
    const { key } = await facade.create("tokenhub", { name: "made-meanwhile" });
    const rest = await list(`?limit=100&cursor=${encodeURIComponent(first.nextCursor ?? "")}`);
    await facade.call("DELETE", `/v1/keys/tokenhub/${key.id}?confirm=${key.id}`);
    expect([...first.items, ...rest.items].map(({ id }) => id).toSorted()).toEqual(made.toSorted());
  });

  it("sees keys of every region", async () => {
    const client = sdkClient(keyway, { region: "ap-singapore" });
    const { ApiKeyId = "" } = await client.CreateApiKey({
      ApiKeyName: "elsewhere",
      Platform: "maas",
      BindType: "all",
    });
    expect((await list("?q=elsewhere")).items.map(({ id }) => id)).toEqual([ApiKeyId]);
    expect((await facade.call("GET", `/v1/keys/tokenhub/${ApiKeyId}`)).status).toBe(200);
    await facade.call("DELETE", `/v1/keys/tokenhub/${ApiKeyId}?confirm=${ApiKeyId}`);
  });

  it("is narrowed by each filter", async () => {
    expect(await walk("?provider=aione&limit=2")).toHaveLength(5);
    expect(await walk("?q=KEY-3")).toHaveLength(4);
    expect(await walk(`?team=${teams[0]}&limit=5`)).toHaveLength(12);
    expect(await walk("?status=disabled")).toEqual([]);
    const [newest] = (await list("?limit=1")).items;
    const time = encodeURIComponent(newest?.createdAt ?? "");
    expect(await walk(`?createdAfter=${time}`)).toContain(newest?.id);
    expect(await walk(`?createdBefore=${time}`)).not.toContain(newest?.id);
    expect(await walk("?unusedSince=2000-01-01T00:00:00Z")).toEqual([]);
    expect(
      await walk(`?unusedSince=${encodeURIComponent("2100-01-01T00:00:00+08:00")}&limit=100`),
    ).toHaveLength(20);
  });

  it("links to its next page", async () => {
    const reply = await facade.call("GET", "/v1/keys?limit=3&q=key");
    const [, path] = /^<([^>]+)>; rel="next"$/.exec(reply.headers.get("link") ?? "") ?? [];
    expect(path).toContain("q=key");
    expect((await facade.call("GET", path ?? "")).body).toMatchObject({ items: [{}, {}, {}] });
  });

  it("takes only cursors that it gave out itself, to this account, with these filters", async () => {
    const { nextCursor } = await list("?limit=1");
    const cursor = encodeURIComponent(nextCursor ?? "");
    const other = await issueAccount(keyway);
    for (const [query, token] of [
      ["cursor=x", undefined],
      [`cursor=A${cursor}`, undefined],
      [`cursor=${cursor}A`, undefined],
      [`q=key&cursor=${cursor}`, undefined],
      [`cursor=${cursor}`, other.token],
    ] as const) {
      const reply = await facade.call("GET", `/v1/keys?limit=1&${query}`, undefined, {
        ...(token && { token }),
      });
      expect([reply.status, reply.body]).toEqual([400, expect.objectContaining({ code: "cursor_invalid" })]);
    }
  });
});
