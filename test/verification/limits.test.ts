import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Principal } from "../../lib/access/principal.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import { databaseFile } from "../../lib/runtime/compose.ts";
import type { VerdictCode } from "../../lib/schemas/verify.ts";
import type { Store } from "../../lib/store/port.ts";
import { inlineWriter } from "../../lib/store/sqlite/inline-writer.ts";
import { threadWriter } from "../../lib/store/sqlite/thread-writer.ts";
import { openSqliteStore } from "../../lib/store/sqlite.ts";
import type { LimitMode } from "../../lib/verification/limiter.ts";
import { openVerification, type Verification } from "../../lib/verification/open.ts";
import { presentedIn } from "../../lib/verification/presented.ts";
import { facadeOf } from "../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";
import { tokenOf } from "../support/verify-client.ts";

let keyway: TestKeyway;
let principal: Principal;
let stores: readonly Store[];
/** What all verifiers of this file take for the time. */
let now = 0;

beforeAll(async () => {
  keyway = await startKeyway();
  const found = await keyway.house.authenticator.byToken(keyway.root.token);
  if (found === undefined) throw new Error("the root is not there");
  principal = found;
  const file = databaseFile(keyway.folder);
  // Each with a writer and a reader of its own on the one file, as two processes have.
  stores = await Promise.all([
    openSqliteStore({ file, writer: threadWriter }),
    openSqliteStore({ file, writer: inlineWriter }),
  ]);
});
afterAll(async () => {
  for (const store of stores) await store.close();
  await keyway.stop();
});

const open = (limits: LimitMode): readonly Verification[] =>
  stores.map((store) =>
    openVerification(
      {
        store,
        vault: keyway.house.vault,
        clock: () => new Date(now),
        profiles: new Map([["aione", aioneProfile]]),
      },
      { limits, tokensPerCall: 1, keyHeader: null, trustedHops: 1 },
      {
        callsMax: 1_000_000,
        onError: (error) => {
          throw error;
        },
      },
    ),
  );

const closeAll = (opened: readonly Verification[]): Promise<unknown> =>
  Promise.all(opened.map(({ usage }) => usage.close()));

const issue = async (limits: object): Promise<string> =>
  tokenOf(await facadeOf(keyway).create("aione", { limits }));

const verify = ({ verifier }: Verification, key: string, tokens?: number) =>
  verifier.verify(principal, {
    id: keyway.house.uuid(),
    presented: presentedIn({ key }),
    provider: undefined,
    ip: undefined,
    model: undefined,
    endpoint: undefined,
    requests: 1,
    tokens,
    partial: true,
    explain: false,
  });

/** So many calls at once, on both by turns; how many had each code. */
const storm = async (
  opened: readonly Verification[],
  key: string,
  calls: number,
): Promise<Partial<Record<VerdictCode, number>>> => {
  const verdicts = await Promise.all(
    Array.from({ length: calls }, (_, at) => {
      const one = opened[at % opened.length];
      if (one === undefined) throw new Error("no verifier");
      return verify(one, key);
    }),
  );
  const counts: Partial<Record<VerdictCode, number>> = {};
  for (const { code } of verdicts) counts[code] = (counts[code] ?? 0) + 1;
  return counts;
};

const minute = Date.parse("2026-07-01T12:00:00.000Z");

describe.each(["exact", "fast"] as const)("%s limits, two stores on one file", (mode) => {
  it.each([1, 7, 16, 50, 160])(
    "admit %i of ten times as many in a minute, and as many in the next",
    async (max) => {
      const opened = open(mode);
      const key = await issue({ requestsPerMinute: max });
      const expected = { VALID: max, RATE_LIMITED: 9 * max };
      now = minute + 59_999;
      expect(await storm(opened, key, 10 * max)).toEqual(expected);
      now = minute + 60_000;
      expect(await storm(opened, key, 10 * max)).toEqual(expected);
      now = minute + 119_999;
      expect(await storm(opened, key, 10)).toEqual({ RATE_LIMITED: 10 });
      await closeAll(opened);
    },
  );

  it("keep each minute to itself when calls of two minutes are under way at once", async () => {
    const opened = open(mode);
    const key = await issue({ requestsPerMinute: 20 });
    const all: Promise<{ window: string; valid: boolean }>[] = [];
    for (let at = 0; at < 400; at += 1) {
      now = minute + (at % 2 === 0 ? 59_999 : 60_000);
      const one = opened[(at >> 1) % 2];
      if (one === undefined) throw new Error("no verifier");
      all.push(verify(one, key).then(({ valid, limits }) => ({ valid, window: limits?.window.from ?? "" })));
    }
    const verdicts = await Promise.all(all);
    for (const from of [minute, minute + 60_000].map((time) => new Date(time).toISOString())) {
      const admitted = verdicts.filter(({ valid, window }) => valid && window === from).length;
      expect(admitted).toBeLessThanOrEqual(20);
      // Between minutes, `fast` forgets what it holds of the other one.
      if (mode === "exact") expect(admitted).toBe(20);
    }
    await closeAll(opened);
  });

  it("tell what is left, and when the minute is over", async () => {
    const opened = open(mode);
    const key = await issue({ requestsPerMinute: 2 });
    now = minute + 90_000;
    const [one] = opened;
    if (one === undefined) throw new Error("no verifier");
    const verdicts = [await verify(one, key), await verify(one, key), await verify(one, key)];
    expect(verdicts.map(({ remaining, retryAfter }) => [remaining?.requestsPerMinute, retryAfter])).toEqual([
      [1, null],
      [0, null],
      [0, 30],
    ]);
    expect(verdicts[2]?.limits).toMatchObject({
      mode,
      overAdmission: 0,
      window: { from: "2026-07-01T12:01:00.000Z", to: "2026-07-01T12:02:00.000Z" },
    });
    await closeAll(opened);
  });

  it("hold a quota of tokens exactly, over days and for life", async () => {
    const opened = open(mode);
    const [first, second] = opened;
    if (first === undefined || second === undefined) throw new Error("no verifier");
    const quotas = [
      { cycle: "day", tokens: "100", startDay: null },
      { cycle: "lifetime", tokens: "250", startDay: null },
    ];
    const key = await issue({ tokenQuotas: quotas });
    const admitted = async (): Promise<number> => {
      const calls = Array.from({ length: 40 }, (_, at) => verify(at % 2 === 0 ? first : second, key, 10));
      return (await Promise.all(calls)).filter(({ code }) => code === "VALID").length;
    };
    now = Date.parse("2026-07-01T23:59:59.999Z");
    expect(await admitted()).toBe(10);
    now += 1;
    expect(await admitted()).toBe(10);
    now += 86_400_000;
    expect(await admitted()).toBe(5);
    const refused = await verify(first, key, 1);
    expect([refused.code, refused.retryAfter]).toEqual(["QUOTA_EXCEEDED", null]);
    await closeAll(opened);
  });
});

describe("a month's quota", () => {
  it("begins anew on its day, in a short month on the last", async () => {
    const opened = open("exact");
    const [one] = opened;
    if (one === undefined) throw new Error("no verifier");
    const key = await issue({ tokenQuotas: [{ cycle: "month", tokens: "10", startDay: 31 }] });
    const codeAt = async (time: string): Promise<string> => {
      now = Date.parse(time);
      return (await verify(one, key, 10)).code;
    };
    expect(await codeAt("2027-01-31T00:00:00.000Z")).toBe("VALID");
    expect(await codeAt("2027-02-27T23:59:59.999Z")).toBe("QUOTA_EXCEEDED");
    expect(await codeAt("2027-02-28T00:00:00.000Z")).toBe("VALID");
    expect(await codeAt("2027-03-30T23:59:59.999Z")).toBe("QUOTA_EXCEEDED");
    expect(await codeAt("2027-03-31T00:00:00.000Z")).toBe("VALID");
    await closeAll(opened);
  });
});
