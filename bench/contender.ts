import { parseInput } from "../lib/schemas/issues.ts";
import { verifyRequest } from "../lib/schemas/verify.ts";
import { askOf } from "../lib/verification/ask.ts";
import type { LimitMode } from "../lib/verification/limiter.ts";
import { createKeys, newSetting, type OpenedHouse, openOn, restricted, seeds, tokenOf } from "./house.ts";
import { temporaryFolder } from "./process.ts";

/** A process that verifies, when it is told to, in one way alone: `node bench/contender.ts NAME`, forked. */

interface Way {
  /** Whether the key at this place among the way's own was good. */
  readonly verify: (at: number) => Promise<boolean>;
  /** What was put off while verifying; a round has it in its time. */
  readonly finish?: () => Promise<void>;
}

const keyCount = 1000;
const ip = "10.1.2.3";

/** From a body that was parsed to a verdict: the body's schema, the key, its rules and its limit. */
const verifyingIn = async ({ house, setting }: OpenedHouse, tokens: readonly string[]): Promise<Way> => {
  const { verification } = house;
  const principal = await house.authenticator.byToken(setting.root.token);
  if (verification === undefined || principal === undefined) throw new Error("the house is not complete");
  return {
    verify: async (at) => {
      const body = parseInput(verifyRequest, { key: tokens[at % tokens.length], ip });
      const ask = askOf(body, {}, house.uuid());
      return (await verification.verifier.verify(principal, ask)).valid;
    },
    finish: () => verification.usage.flush(),
  };
};

const keyway = async (limits: LimitMode): Promise<Way> => {
  const opened = await openOn(newSetting(limits), seeds.aione);
  return verifyingIn(opened, (await createKeys(opened, keyCount, 256, restricted)).map(tokenOf));
};

const ways: Readonly<Record<ContenderName, () => Promise<Way>>> = {
  fast: () => keyway("fast"),
  exact: () => keyway("exact"),
  "better-auth": async () => {
    const { openBetterAuth } = await import("./peers/better-auth.ts");
    const { keys, verify } = await openBetterAuth(temporaryFolder(), keyCount);
    return { verify: (at) => verify(keys[at % keyCount] ?? "") };
  },
  "by hand": async () => {
    const { openPlain } = await import("./peers/plain-verify.ts");
    const { keys, verify } = openPlain(temporaryFolder(), keyCount, restricted.ipAllowlist);
    return { verify: async (at) => verify({ key: keys[at % keyCount] ?? "", ip }).valid };
  },
};

export type ContenderName = "fast" | "exact" | "better-auth" | "by hand";
/** Verifications in a second, or the microseconds that 99 of 100 stay below. */
export type Measured = "rate" | "p99";

/** As often as a server writes what it counted. */
const roundMs = 1000;
/** Calls that are under way at once, as requests that came in one turn are. */
const together = 16;

/** What a turn of the event loop shares may be shared no longer. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const rate = async ({ verify, finish }: Way): Promise<number> => {
  const start = performance.now();
  let done = 0;
  let elapsed = 0;
  while (elapsed < roundMs) {
    const verdicts = await Promise.all(Array.from({ length: together }, (_, at) => verify(done + at)));
    if (verdicts.includes(false)) throw new Error("a good key was refused");
    await nextTurn();
    done += together;
    elapsed = performance.now() - start;
  }
  await finish?.();
  return (done * 1000) / (performance.now() - start);
};

/** Of single calls. */
const p99 = async ({ verify }: Way): Promise<number> => {
  const taken: number[] = [];
  for (let at = 0; at < 100_000; at++) {
    const start = performance.now();
    await verify(at);
    taken.push(performance.now() - start);
    if (at % together === 0) await nextTurn();
  }
  return (taken.sort((a, b) => a - b)[Math.floor(taken.length * 0.99)] ?? 0) * 1000;
};

const measures: Readonly<Record<Measured, (way: Way) => Promise<number>>> = { rate, p99 };

const isNameOf = <Name extends string>(table: Readonly<Record<Name, unknown>>, name: unknown): name is Name =>
  typeof name === "string" && Object.hasOwn(table, name);

const name = process.argv[2];
if (!isNameOf(ways, name)) throw new Error(`no way to verify: ${name}`);
const way = await ways[name]();
// What is answered first is not counted: it warms up.
for (let round = 0; round < 2; round++) await rate(way);
process.on("message", (wanted) => {
  if (!isNameOf(measures, wanted)) throw new Error(`nothing to measure: ${String(wanted)}`);
  void measures[wanted](way).then((measured) => process.send?.(measured));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
