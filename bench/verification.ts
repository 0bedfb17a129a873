import { parseInput } from "../lib/schemas/issues.ts";
import { verifyRequest } from "../lib/schemas/verify.ts";
import { askOf } from "../lib/verification/ask.ts";
import type { LimitMode } from "../lib/verification/limiter.ts";
import { createKeys, newSetting, type OpenedHouse, openOn, restricted, seeds, tokenOf } from "./house.ts";
import { contest, type Figure, microseconds, perSecond, type Row } from "./measure.ts";
import { openBetterAuth } from "./peers/better-auth.ts";
import { openPlain } from "./peers/plain-verify.ts";
import { temporaryFolder } from "./process.ts";

const betterAuthGoal = 60;
const p99GoalUs = 100;
const keyCount = 1000;
const rounds = 7;
const roundMs = 1000;
/** Calls that are under way at once, as requests that came in one turn are. */
const together = 16;

const ip = "10.1.2.3";

/** Verifications in a second; each round goes on with the keys where the last one stopped. */
const rate = async (verify: (at: number) => Promise<boolean>, ms: number): Promise<number> => {
  const start = performance.now();
  let done = 0;
  let elapsed = 0;
  while (elapsed < ms) {
    const verdicts = await Promise.all(Array.from({ length: together }, (_, at) => verify(done + at)));
    if (verdicts.includes(false)) throw new Error("a good key was refused");
    // What a turn shares may be shared no longer.
    await new Promise((resolve) => setImmediate(resolve));
    done += together;
    elapsed = performance.now() - start;
  }
  return (done * 1000) / elapsed;
};

/** From a body that was parsed to a verdict: the body's schema, the key, its rules and its limit. */
export const verifyingIn = async (
  opened: OpenedHouse,
  tokens: readonly string[],
): Promise<(at: number) => Promise<boolean>> => {
  const { house } = opened;
  const { verification } = house;
  const principal = await house.authenticator.byToken(opened.setting.root.token);
  if (verification === undefined || principal === undefined) throw new Error("the house is not complete");
  return async (at) => {
    const body = parseInput(verifyRequest, { key: tokens[at % tokens.length], ip });
    const ask = askOf(body, {}, house.uuid());
    return (await verification.verifier.verify(principal, ask)).valid;
  };
};

const opened = async (limits: LimitMode) => {
  const house = await openOn(newSetting(limits), seeds.aione);
  const tokens = (await createKeys(house, keyCount, 256, restricted)).map(tokenOf);
  return { verify: await verifyingIn(house, tokens), close: () => house.house.close() };
};

/** Of single calls, microseconds. */
const p99Of = async (verify: (at: number) => Promise<boolean>): Promise<number> => {
  const taken: number[] = [];
  for (let at = 0; at < 100_000; at++) {
    const start = performance.now();
    await verify(at);
    taken.push(performance.now() - start);
    if (at % together === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return (taken.sort((a, b) => a - b)[Math.floor(taken.length * 0.99)] ?? 0) * 1000;
};

/** In this process: no HTTP, and nothing else than what a verification is. */
export const verification: Figure = async () => {
  const fast = await opened("fast");
  const exact = await opened("exact");
  const better = await openBetterAuth(temporaryFolder(), 100);
  const plain = openPlain(temporaryFolder(), keyCount, restricted.ipAllowlist);
  const keyOf = (keys: readonly string[], at: number): string => keys[at % keys.length] ?? "";
  const byBetter = (): Promise<number> => rate((at) => better.verify(keyOf(better.keys, at)), roundMs);
  const byPlain = (): Promise<number> =>
    rate(async (at) => plain.verify({ key: keyOf(plain.keys, at), ip }).valid, roundMs);

  const rows: Row[] = [];
  for (const [name, peer, goal, verify] of [
    ["verification in process, fast | better-auth", byBetter, betterAuthGoal, fast.verify],
    ["verification in process, exact | better-auth", byBetter, undefined, exact.verify],
    ["verification in process, fast | by hand", byPlain, 1, fast.verify],
  ] as const) {
    const { ours, peer: theirs, ratio } = await contest(name, rounds, () => rate(verify, roundMs), peer);
    rows.push({
      name,
      ours: perSecond(ours),
      peer: perSecond(theirs),
      ratio: `${ratio.toFixed(ratio < 10 ? 2 : 0)}x`,
      ...(goal !== undefined && { goal: `>= ${goal}x`, met: ratio >= goal }),
    });
  }
  const p99 = await p99Of(fast.verify);
  rows.push({
    name: "verification in process, fast, p99",
    ours: microseconds(p99),
    goal: `< ${p99GoalUs} us`,
    met: p99 < p99GoalUs,
  });
  await fast.close();
  await exact.close();
  better.close();
  plain.close();
  return rows;
};
