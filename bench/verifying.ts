import type { LimitMode } from "../lib/verification/limiter.ts";
import {
  createKeys,
  newSetting,
  type OpenedHouse,
  openOn,
  restricted,
  type Setting,
  seeds,
  tokenOf,
} from "./house.ts";
import { type LoadResult, runLoad } from "./load.ts";
import { type Contest, median, percent, perSecond, progress, type Row, whole } from "./measure.ts";
import { keywayArgs, type RunningProcess, startProcess } from "./process.ts";
import { bearerRequest } from "./signed-request.ts";

/** Load of verifications on servers, wherever they keep the keys. */

export const connections = 32;
export const roundMs = 3000;

export const ip = "10.1.2.3";

export interface Filled {
  readonly setting: Setting;
  readonly tokens: readonly string[];
}

/** Keys, and the tokens of some of them. */
export const createSome = async (opened: OpenedHouse, count: number, wanted: number): Promise<string[]> => {
  const tokens: string[] = [];
  const parts = count >= 100_000 ? 20 : 1;
  for (let part = 1; part <= parts; part++) {
    const made = await createKeys(opened, count / parts, 256, restricted);
    // From all over the table: keys that were made together stand together.
    const step = count / wanted;
    for (let at = 0; at < made.length; at += step) {
      const key = made[at];
      if (key !== undefined) tokens.push(tokenOf(key));
    }
    if (parts > 1) progress(`filling the store: ${whole((part * count) / parts)} keys`);
  }
  return tokens;
};

/** A folder with keys, and the tokens of some of them. */
export const fill = async (count: number, wanted: number, limits: LimitMode = "fast"): Promise<Filled> => {
  const setting = newSetting(limits);
  const opened = await openOn(setting, seeds.aione);
  const tokens = await createSome(opened, count, wanted);
  await opened.house.close();
  return { setting, tokens };
};

export const startOn = (setting: Setting): Promise<RunningProcess> =>
  startProcess(keywayArgs, setting.env, { pinned: true });

export const rateRow = (name: string, { ours, peer, ratio }: Contest, goal: number): Row => ({
  name,
  ours: perSecond(ours),
  peer: perSecond(peer),
  ratio: percent(ratio),
  goal: `>= ${percent(goal)}`,
  met: ratio >= goal,
});

/** For each connection its own part of the keys. */
export const verifications = ({ setting, tokens }: Filled, port: number): string[][] => {
  const texts: string[][] = Array.from({ length: connections }, () => []);
  for (const [at, key] of tokens.entries()) {
    texts[at % connections]?.push(
      bearerRequest(setting, port, "/v1/verify", {
        method: "POST",
        body: { key, ip, model: "m", endpoint: "e" },
      }),
    );
  }
  return texts;
};

/** Rounds of load on one server, their p99s and the processor time that they took. */
export const driver = (
  server: RunningProcess,
  requests: readonly (readonly string[])[],
  expected: string,
) => {
  const p99s: number[] = [];
  let cpu = 0;
  let replies = 0;
  return {
    rate: async (): Promise<number> => {
      const before = server.cpuMicroseconds();
      const result: LoadResult = await runLoad({ port: server.port, requests, expected, ms: roundMs });
      cpu += server.cpuMicroseconds() - before;
      replies += result.replies;
      p99s.push(result.p99Ms);
      return result.perSecond;
    },
    p99: (): number => median(p99s),
    microseconds: (): number => cpu / replies,
  };
};

export const residentMegabytes = (server: RunningProcess): number => server.residentKilobytes() / 1024;

/** Two servers and one key: every call of both waits for the one counter. */
export const twoOnOneCounter = async (
  filled: Filled,
  env: Readonly<Record<string, string>>,
): Promise<{ readonly perSecond: number; readonly longestMs: number }> => {
  const servers = await Promise.all([1, 2].map(() => startProcess(keywayArgs, env, { pinned: false })));
  const results = await Promise.all(
    servers.map(({ port }) => {
      const [texts = []] = verifications(filled, port);
      const requests = Array.from({ length: connections / 2 }, () => texts);
      return runLoad({ port, requests, expected: '"valid":true', ms: 2 * roundMs });
    }),
  );
  for (const server of servers) await server.stop();
  return {
    perSecond: results.reduce((sum, result) => sum + result.perSecond, 0),
    longestMs: Math.max(...results.map((result) => result.longestMs)),
  };
};
