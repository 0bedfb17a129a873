import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { facadeOf } from "../../support/facade-client.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { type Pair, startPair } from "../../support/upstream.ts";

interface Report {
  readonly total: number;
  readonly appeared: { readonly count: number; readonly ids: readonly string[] };
  readonly changed: { readonly count: number; readonly ids: readonly string[] };
  readonly vanished: { readonly count: number; readonly ids: readonly string[] };
  readonly unresolved: readonly { readonly operation: string; readonly about: string }[];
  readonly resumed: boolean;
}

let pair: Pair;
let proxy: FaultProxy;
let real: ReturnType<typeof facadeOf>;
beforeAll(async () => {
  pair = await startPair({
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
  real = facadeOf(pair.real);
});
afterAll(async () => {
  await pair.stop();
  await proxy.stop();
});

const sync = async (provider: string): Promise<Report> => {
  const reply = await pair.facade.call("POST", `/v1/providers/${provider}/sync`);
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  return reply.body as Report;
};
const none = { count: 0, ids: [] };
/** Keys that were made outside Keyway. */
const bulk: string[] = [];

describe("an inventory", () => {
  it("tells what appeared, changed and vanished outside Keyway, and nothing of what Keyway did", async () => {
    const before = (await real.create("apigateway", { name: "made-there" })).key.id;
    const { key: mine } = await pair.facade.create("apigateway-real", { name: "made-here" });
    expect(await sync("apigateway-real")).toMatchObject({
      total: 2,
      appeared: { count: 1, ids: [before] },
      changed: none,
      vanished: none,
      resumed: false,
    });

    await pair.facade.call("POST", `/v1/keys/apigateway-real/${mine.id}/disable`);
    expect(await sync("apigateway-real")).toMatchObject({
      total: 2,
      appeared: none,
      changed: none,
      vanished: none,
    });

    await real.call("POST", `/v1/keys/apigateway/${before}/disable`);
    expect(await sync("apigateway-real")).toMatchObject({ changed: { count: 1, ids: [before] } });

    await real.call("DELETE", `/v1/keys/apigateway/${before}?confirm=${before}`);
    expect(await sync("apigateway-real")).toMatchObject({ total: 1, vanished: { count: 1, ids: [before] } });
    expect(await sync("apigateway-real")).toMatchObject({
      total: 1,
      appeared: none,
      changed: none,
      vanished: none,
    });
  });

  it("goes on where it stopped, and counts nothing twice", async () => {
    for (let made = 0; made < 150; made++) {
      bulk.push((await real.create("apigateway", { name: `bulk-${made}` })).key.id);
    }
    // The second page fails as often as it is tried.
    proxy.fail(
      "DescribeApiKeysStatus",
      "slow",
      "reset before",
      "reset before",
      "reset before",
      "reset before",
    );
    const broken = await pair.facade.call("POST", "/v1/providers/apigateway-real/sync");
    expect([broken.status, broken.body]).toEqual([502, expect.objectContaining({ code: "upstream_failed" })]);
    const report = await sync("apigateway-real");
    expect(report).toMatchObject({ total: 151, resumed: true, vanished: none });
    expect(report.appeared.count).toBe(150);
    expect(await sync("apigateway-real")).toMatchObject({ total: 151, resumed: false, appeared: none });
  });

  it("tells of a finding again under the key of the call whose reply was lost, and of none under another", async () => {
    const { id } = (await real.create("tokenhub", { name: "found-once" })).key;
    const send = (key: string) =>
      pair.facade.call("POST", "/v1/providers/tokenhub-real/sync", undefined, {
        headers: { "idempotency-key": key },
      });
    const first = await send("inventory-1");
    expect([first.status, first.body]).toEqual([
      200,
      expect.objectContaining({ appeared: { count: 1, ids: [id] }, vanished: none }),
    ]);
    const again = await send("inventory-1");
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect((await send("inventory-2")).body).toMatchObject({ total: 1, appeared: none });
  });

  it("names changes whose outcome is unknown", async () => {
    proxy.fail("POST /api/v1/gateway/keys", "reset before");
    await pair.facade.call("POST", "/v1/keys", { provider: "aione-real", name: "lost-call" });
    expect((await sync("aione-real")).unresolved).toMatchObject([
      { operation: "create", about: "lost-call" },
    ]);
  });

  it("of an embedded provider is refused: nothing changes there outside Keyway", async () => {
    const reply = await pair.facade.call("POST", "/v1/providers/aione/sync");
    expect([reply.status, reply.body]).toEqual([422, expect.objectContaining({ code: "unsupported" })]);
  });
});

describe("the list over providers", () => {
  it("holds the keys of real systems, in the same pages", async () => {
    const walk = async (limit: number): Promise<readonly string[]> => {
      const ids: string[] = [];
      let cursor = "";
      do {
        const path = `/v1/keys?limit=${limit}${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
        const page = (await pair.facade.call("GET", path)).body as {
          items: { id: string; createdAt: string }[];
          nextCursor: string | null;
        };
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor ?? "";
      } while (cursor !== "");
      return ids;
    };
    await pair.facade.create("tokenhub");
    const whole = await walk(100);
    expect(whole.length).toBeGreaterThan(151);
    expect(await walk(37)).toEqual(whole);
    expect(new Set(whole).size).toBe(whole.length);
  });

  it("tells of a provider that fails, and lists the others", async () => {
    proxy.fail("DescribeApiKeysStatus", ...Array.from({ length: 4 }, () => "reset before" as const));
    const { items, warnings } = (await pair.facade.call("GET", "/v1/keys?limit=5")).body as {
      items: { provider: string }[];
      warnings: { provider: string; code: string; message: string }[];
    };
    expect(warnings).toEqual([
      {
        provider: "apigateway-real",
        code: "upstream_failed",
        message: expect.stringContaining("apigateway-real"),
        upstream: { provider: "apigateway-real", code: "connection_lost", requestId: null },
      },
    ]);
    expect(items.length).toBeGreaterThan(0);
    const { items: providers } = (await pair.facade.call("GET", "/v1/providers")).body as {
      items: { name: string; health: { status: string; reason: string | null } }[];
    };
    expect(providers.find(({ name }) => name === "apigateway-real")?.health).toMatchObject({
      status: "failing",
      reason: "connection_lost",
    });
  });
});

describe("an inventory after which much is gone", () => {
  it("forgets what vanished in parts, as a store takes them, and tells of all of it", async () => {
    const gone = bulk.slice(0, 120);
    for (const id of gone) {
      await real.call("POST", `/v1/keys/apigateway/${id}/disable`);
      await real.call("DELETE", `/v1/keys/apigateway/${id}?confirm=${id}`);
    }
    const report = await sync("apigateway-real");
    expect(report.vanished.count).toBe(120);
    expect(report.vanished.ids.toSorted()).toEqual(gone.toSorted());
    expect(await sync("apigateway-real")).toMatchObject({ vanished: none });
  });
});
