import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { apigatewayDialect } from "../../../lib/providers/apigateway/dialect.ts";
import type { Caller } from "../../../lib/providers/caller.ts";
import type { NativeCall } from "../../../lib/providers/dialect.ts";
import { openSnapshots } from "../../../lib/providers/upstream/source.ts";
import { keysMax, openSystem, pacer } from "../../../lib/providers/upstream/system.ts";
import apigateway from "../../vectors/samples/apigateway.json" with { type: "json" };

/** How much is read of a real system, how fast, and how much of it is kept. */

const [{ reply } = { reply: {} }] = apigateway;
const caller = { account: { id: "100000000001" } } as Caller;

/** Time that passes only while somebody sleeps. */
const timeOf = () => {
  let now = 0;
  return {
    now: () => now,
    clock: () => new Date(now),
    sleep: async (ms: number): Promise<void> => {
      now += ms;
      if (now > 60_000) throw new Error("it sleeps for ever");
    },
  };
};

const systemOf = (answer: (call: NativeCall) => object, time = timeOf()) =>
  openSystem("p", apigatewayDialect, { call: async (call) => answer(call) }, time);

describe("calls of one action", () => {
  it("are sent 20 in a second, others beside them at once", async () => {
    const time = timeOf();
    const sent: number[] = [];
    const system = systemOf((call) => {
      if ("action" in call && call.action === "DescribeApiKey") sent.push(time.now());
      return { Result: "action" in call && call.action === "DescribeApiKey" ? reply : true };
    }, time);
    for (let read = 0; read < 45; read++) await system.read(caller, "k");
    for (const [place, at] of sent.entries())
      expect(at - (sent[place - 20] ?? -1000)).toBeGreaterThanOrEqual(1000);
    expect(sent.at(-1)).toBeLessThan(2200);
    const other = apigatewayDialect.remove?.("k");
    if (other === undefined) throw new Error("no deletion");
    const before = time.now();
    await system.ask(caller, other, false, () => undefined);
    expect(time.now()).toBe(before);
  });

  it("that others keep out are sent after five seconds all the same", async () => {
    const time = timeOf();
    const pace = pacer(time.clock, async () => {
      await time.sleep(1000);
      for (let other = 0; other < 20; other++) await pace("a");
    });
    for (let call = 0; call < 21; call++) await pace("a");
    expect(time.now()).toBe(6000);
  });
});

describe("a list", () => {
  const pageOf = (TotalCount: number) => ({ Result: { TotalCount, ApiKeySet: [reply] } });

  it("of as many keys as the README says is read, and of one more is not", async () => {
    const readme = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");
    const [, told = ""] = /\| Keys in a list of a real system \| ([\d,]+)/.exec(readme) ?? [];
    const most = Number(told.replaceAll(",", ""));
    const first = await systemOf(() => pageOf(most))
      .pages(caller)
      .next();
    expect(first.value).toMatchObject({ next: 1 });
    await expect(
      systemOf(() => pageOf(most + 1))
        .pages(caller)
        .next(),
    ).rejects.toMatchObject({
      code: "upstream_failed",
    });
  });

  it.each(["x".repeat(129), "one\u0001two", "one two", ""])(
    "with a key that no store could name, %j, is unread",
    async (id) => {
      const ApiKeySet = [reply, { ...reply, AccessKeyId: id }];
      const pages = systemOf(() => ({ Result: { TotalCount: 2, ApiKeySet } })).pages(caller);
      await expect(pages.next()).rejects.toMatchObject({ code: "reply_unreadable" });
    },
  );

  it("that is longer than its system counts is bounded all the same", async () => {
    await expect(
      systemOf(() => pageOf(1))
        .pages(caller, keysMax)
        .next(),
    ).rejects.toMatchObject({
      code: "upstream_failed",
    });
  });
});

describe("snapshots", () => {
  const keys = async (count: number) => {
    const { key } = await systemOf(() => ({ Result: reply })).read(caller, "k");
    return Array.from({ length: count }, () => ({ shown: key, seen: key }));
  };

  it("hold a list as long as one may be, and let the oldest go for a new one", async () => {
    const snapshots = openSnapshots(10);
    snapshots.keep("a", await keys(10), 0);
    expect(snapshots.find("a", 1)).toHaveLength(10);
    snapshots.keep("b", await keys(5), 2);
    expect(snapshots.find("a", 3)).toBeUndefined();
    snapshots.keep("c", await keys(5), 4);
    expect(snapshots.find("b", 5)).toHaveLength(5);
    expect(snapshots.find("c", 5)).toHaveLength(5);
  });

  it("are kept for two minutes", async () => {
    const snapshots = openSnapshots(10);
    snapshots.keep("a", await keys(1), 0);
    expect(snapshots.find("a", 120_000)).toHaveLength(1);
    expect(snapshots.find("a", 120_001)).toBeUndefined();
  });
});
