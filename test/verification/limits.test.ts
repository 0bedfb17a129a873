import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Principal } from "../../lib/access/principal.ts";
import { budgetsOf } from "../../lib/keys/budget.ts";
import { aioneProfile } from "../../lib/providers/aione/profile.ts";
import type { VerdictCode } from "../../lib/schemas/verdict.ts";
import type { Store } from "../../lib/store/port/store.ts";
import { fastLimiter, holderOf, type LimitMode } from "../../lib/verification/limiter.ts";
import { openVerification, type Verification } from "../../lib/verification/open.ts";
import { presentedIn } from "../../lib/verification/presented.ts";
import type { Ask } from "../../lib/verification/verifier.ts";
import { facadeOf } from "../support/facade-client.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../support/keyway.ts";
import { openTwoStores } from "../support/storage.ts";
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
  stores = await openTwoStores(keyway.folder);
});
afterAll(async () => {
  for (const store of stores) await store.close();
  await keyway.stop();
});

const open = (limits: LimitMode, tokensPerCall = 1, on = stores): readonly Verification[] =>
  on.map((store) =>
    openVerification(
      {
        store,
        vault: keyway.house.vault,
        clock: () => new Date(now),
        profiles: new Map([["aione", aioneProfile]]),
      },
      { limits, tokensPerCall, keyHeader: null, trustedHops: 1 },
      {
        isFunction: false,
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

const ask = ({ verifier }: Verification, key: string, change: Partial<Ask> = {}) =>
  verifier.verify(principal, {
    id: keyway.house.uuid(),
    presented: presentedIn({ key }),
    provider: undefined,
    ip: undefined,
    model: undefined,
    endpoint: undefined,
    requests: 1,
    tokens: undefined,
    partial: true,
    explain: false,
    ...change,
  });

const verify = (one: Verification, key: string, tokens?: number) => ask(one, key, { tokens });

const firstOf = (opened: readonly Verification[]): Verification => {
  const [one] = opened;
  if (one === undefined) throw new Error("no verifier");
  return one;
};

/** So many calls at once, on both by turns; how many had each code. */
/** More on one row would wait for an engine on this machine longer than a call may take. */
const atOnce = 400;

const storm = async (
  opened: readonly Verification[],
  key: string,
  calls: number,
): Promise<Partial<Record<VerdictCode, number>>> => {
  const counts: Partial<Record<VerdictCode, number>> = {};
  for (let start = 0; start < calls; start += atOnce) {
    const verdicts = await Promise.all(
      Array.from({ length: Math.min(atOnce, calls - start) }, (_, at) => {
        const one = opened[at % opened.length];
        if (one === undefined) throw new Error("no verifier");
        return verify(one, key);
      }),
    );
    for (const { code } of verdicts) counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
};

const minute = Date.parse("2026-07-01T12:00:00.000Z");

describe.each(["exact", "fast"] as const)("%s limits, two stores side by side", (mode) => {
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

describe.each(["exact", "fast"] as const)("%s limits", (mode) => {
  it("are not touched by an explanation, which says what the next call says", async () => {
    const opened = open(mode);
    const one = firstOf(opened);
    const key = await issue({ requestsPerMinute: 32 });
    now = minute;
    const explained = async () => {
      const { code, remaining } = await ask(one, key, { explain: true });
      return [code, remaining?.requestsPerMinute];
    };
    const first = await explained();
    for (let call = 0; call < 40; call += 1) expect(await explained()).toEqual(first);
    expect(first[0]).toBe("VALID");
    for (let call = 0; call < 31; call += 1) expect((await ask(one, key)).code).toBe("VALID");
    for (const code of ["VALID", "RATE_LIMITED", "RATE_LIMITED"]) {
      const said = await explained();
      expect([await explained(), said[0]]).toEqual([said, code]);
      expect((await ask(one, key)).code).toBe(code);
    }
    await closeAll(opened);
  });

  it("take as many requests as a call says that it is", async () => {
    const opened = open(mode);
    const key = await issue({ requestsPerMinute: 10 });
    now = minute;
    const codes: string[] = [];
    for (let call = 0; call < 3; call += 1) {
      codes.push((await ask(firstOf(opened), key, { requests: 4 })).code);
    }
    // The two that are left are still there for who needs no more.
    codes.push((await ask(firstOf(opened), key, { requests: 2 })).code);
    expect(codes).toEqual(["VALID", "VALID", "RATE_LIMITED", "VALID"]);
    await closeAll(opened);
  });

  it("take what the settings say of a call that does not say its tokens", async () => {
    const opened = open(mode, 5);
    const key = await issue({ tokensPerMinute: 12 });
    now = minute;
    const codes: string[] = [];
    for (let call = 0; call < 3; call += 1) codes.push((await ask(firstOf(opened), key)).code);
    codes.push((await ask(firstOf(opened), key, { tokens: 2 })).code);
    expect(codes).toEqual(["VALID", "VALID", "RATE_LIMITED", "VALID"]);
    await closeAll(opened);
  });

  it.each<[number, Readonly<Record<LimitMode, number>>]>([
    [160, { exact: 1, fast: 10 }],
    [161, { exact: 1, fast: 11 }],
    [7, { exact: 1, fast: 1 }],
  ])("of %i take a call, or a sixteenth at a time, from what all processes share", async (max, taken) => {
    const opened = open(mode);
    const { key, material } = await facadeOf(keyway).create("aione", { limits: { requestsPerMinute: max } });
    now = minute;
    expect((await ask(firstOf(opened), tokenOf({ material }))).code).toBe("VALID");
    const counter = { counter: `aione/${key.id}/requests`, window: "2026-07-01T12:00" };
    expect(await keyway.house.store.readSpent(rootAccount, [counter])).toEqual([taken[mode]]);
    await closeAll(opened);
  });
});

it("a fast limit that is changed within its minute leaves nothing of the lease of the old one", async () => {
  const limiter = fastLimiter(keyway.house.store);
  const holder = holderOf(rootAccount, "aione", "changed-limit");
  const leftOf = async (requestsPerMinute: number) => {
    const limits = { requestsPerMinute, tokensPerMinute: null, tokenQuotas: [] };
    return (await limiter.admit(holder, budgetsOf(limits, { requests: 1, tokens: 0 }, now))).left[0];
  };
  now = Date.parse("2026-07-02T12:00:00.000Z");
  expect([await leftOf(160), await leftOf(160)]).toEqual([159, 158]);
  // Ten of the counter are the old lease's, and one is this call's.
  expect(await leftOf(16)).toBe(5);
});

it("a mistyped key costs no read", async () => {
  let reads = 0;
  const counted = stores.map(
    (store) =>
      new Proxy(store, {
        get: (target, name) => {
          if (name === "findPresented") reads += 1;
          return Reflect.get(target, name, target);
        },
      }),
  );
  const opened = open("exact", 1, counted);
  const key = await issue({});
  const last = key.at(-1) === "0" ? "1" : "0";
  const mistyped = `${key.slice(0, -1)}${last}`;
  const codeAndReads = async (text: string) => {
    reads = 0;
    return [(await ask(firstOf(opened), text)).code, reads];
  };
  expect(await codeAndReads(key)).toEqual(["VALID", 1]);
  expect(await codeAndReads(mistyped)).toEqual(["NOT_FOUND", 0]);
  await closeAll(opened);
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
