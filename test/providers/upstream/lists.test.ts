import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { facadeOf } from "../../support/facade-client.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { type Pair, startPair } from "../../support/upstream.ts";

/** Lists of real systems' keys, which Keyway reads whole, sorts, narrows and keeps for a while. */

const teams = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"];
const listing = {
  tokenhub: "DescribeApiKeyList",
  apigateway: "DescribeApiKeysStatus",
  csip: "DescribeKeySandboxCredentialList",
  aione: "GET /api/v1/gateway/keys",
} as const;

let pair: Pair;
let proxy: FaultProxy;
beforeAll(async () => {
  pair = await startPair({
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
  const real = facadeOf(pair.real);
  for (let made = 0; made < 5; made++) {
    const { key } = await real.create("apigateway", { name: `Gate-${made}` });
    const team = teams[made % 2] ?? "";
    const aione = await real.create("aione", { name: `One-${made}`, owner: { team } });
    if (made % 2 === 1) continue;
    await real.call("POST", `/v1/keys/apigateway/${key.id}/disable`);
    await real.call("POST", `/v1/keys/aione/${aione.key.id}/disable`);
  }
});
afterAll(async () => {
  await pair.stop();
  await proxy.stop();
});
afterEach(() => void vi.useRealTimers());

interface Page {
  readonly items: readonly { readonly id: string; readonly createdAt: string }[];
  readonly nextCursor: string | null;
  readonly warnings: readonly unknown[];
}
const page = async (query: string): Promise<Page> =>
  (await pair.facade.call("GET", `/v1/keys?${query}`)).body as Page;
const idsOf = ({ items }: Page): readonly string[] => items.map(({ id }) => id);

describe.each(["apigateway", "aione"] as const)("a list of %s", (service) => {
  const narrowed = (...query: readonly string[]) =>
    page([`provider=${service}-real`, "limit=100", ...query].join("&"));
  /** The second implementation: the real system keeps its keys in a store, whose filters are SQL. */
  const there = async (query: string): Promise<Page> =>
    (await facadeOf(pair.real).call("GET", `/v1/keys?provider=${service}&limit=100&${query}`)).body as Page;

  /** The wire's times are of whole seconds. */
  const second = async (which: "first" | "afterLast"): Promise<string> => {
    const times = (await narrowed()).items.map(({ createdAt }) => Date.parse(createdAt));
    const ms = which === "first" ? Math.min(...times) : Math.max(...times) + 1000;
    return encodeURIComponent(new Date(Math.floor(ms / 1000) * 1000).toISOString());
  };

  it.each([
    ["status", async () => "status=disabled"],
    ["q, of the name", async () => "q=E-3"],
    ["q, of the id", async () => `q=${(await narrowed()).items[2]?.id.toUpperCase().slice(4)}`],
    ["team", async () => `team=${teams[1]}`],
    ["createdBefore", async () => `createdBefore=${await second("first")}`],
    ["createdAfter", async () => `createdAfter=${await second("afterLast")}`],
    ["unusedSince", async () => `unusedSince=${await second("first")}`],
    ["several", async () => `status=enabled&q=1`],
  ])("is narrowed by %s as a store narrows its own", async (_, query) => {
    const asked = await query();
    const found = idsOf(await narrowed(asked));
    expect(found.length).toBeLessThan(5);
    expect(found.toSorted()).toEqual(idsOf(await there(asked)).toSorted());
  });

  it("is whole where a filter holds for all", async () => {
    expect(idsOf(await narrowed(`createdBefore=${await second("afterLast")}`))).toHaveLength(5);
    expect(idsOf(await narrowed(`createdAfter=${await second("first")}`))).toHaveLength(5);
    expect(idsOf(await narrowed(`unusedSince=${await second("afterLast")}`))).toHaveLength(5);
  });
});

describe("a list that is paged through", () => {
  const readings = (): number => proxy.passed.filter((name) => name === listing.apigateway).length;
  const next = ({ nextCursor }: Page) =>
    page(`provider=apigateway-real&limit=2&cursor=${encodeURIComponent(nextCursor ?? "")}`);

  it("is read once, and tells of that one moment", async () => {
    const before = readings();
    const one = await page("provider=apigateway-real&limit=2");
    await facadeOf(pair.real).create("apigateway", { name: "in-between" });
    const two = await next(one);
    const three = await next(two);
    expect(readings()).toBe(before + 1);
    expect([...idsOf(one), ...idsOf(two), ...idsOf(three)]).toHaveLength(5);
    expect(three.nextCursor).toBeNull();
  });

  it("is read anew after two minutes, and goes on at its place", async () => {
    const whole = idsOf(await page("provider=apigateway-real&limit=100"));
    const before = readings();
    const one = await page("provider=apigateway-real&limit=2");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 119_000 });
    const two = await next(one);
    expect(readings()).toBe(before + 1);
    vi.setSystemTime(Date.now() + 2000);
    const three = await next(two);
    expect(readings()).toBe(before + 2);
    expect([...idsOf(one), ...idsOf(two), ...idsOf(three)]).toEqual(whole);
  });
});

describe("the list over all providers", () => {
  it("has asked each real system before any of them has answered", async () => {
    const held = Object.values(listing).map((name) => proxy.hold(name));
    const answer = page("limit=100");
    await Promise.all(held.map(({ done }) => done));
    for (const { release } of held) release();
    expect((await answer).warnings).toEqual([]);
  });

  it("warns with what the real system said", async () => {
    proxy.fail(listing.apigateway, "throttled", "throttled", "throttled", "throttled");
    expect((await page("limit=1")).warnings).toEqual([
      {
        provider: "apigateway-real",
        code: "rate_limited",
        message: expect.any(String),
        upstream: { provider: "apigateway-real", code: "RequestLimitExceeded", requestId: "r-1" },
      },
    ]);
  });
});
