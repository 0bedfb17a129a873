import { setTimeout as sleep } from "node:timers/promises";
import type { Profile } from "../providers/profile.ts";
import type { Effects, UpstreamClient } from "../providers/upstream/attempts.ts";
import { bearerClient } from "../providers/upstream/bearer.ts";
import type { ForwardClient } from "../providers/upstream/forward.ts";
import { tencentClient } from "../providers/upstream/tencent.ts";
import type { UpstreamConfig } from "./config-upstream.ts";

/** How real systems are called. A function of one action brings along the way of its own service alone. */
export type OpenClient = (
  upstream: UpstreamConfig,
  profile: Profile,
  region: string,
  clock: () => Date,
) => ForwardClient;

const effectsOf = (clock: () => Date): Effects => ({
  clock,
  random: Math.random,
  sleep: (ms) => sleep(ms),
});

export const openTencent: OpenClient = ({ endpoint, credential }, profile, region, clock) => {
  const { service, apiVersion, regional } = profile;
  if (credential?.kind !== "pair" || apiVersion === null)
    throw new Error("a pair signs calls of API 3.0 alone");
  const wire = { service, version: apiVersion, region: regional ? region : "" };
  return { surface: "tencent", tencent: tencentClient({ endpoint, credential, ...wire }, effectsOf(clock)) };
};

export const openRest: OpenClient = ({ endpoint, credential }, _profile, _region, clock) => {
  if (credential?.kind !== "token") throw new Error("a token opens a service with paths of its own alone");
  return { surface: "rest", rest: bearerClient({ endpoint, token: credential.token }, effectsOf(clock)) };
};

/** Of whatever service it is. */
export const openClient: OpenClient = (upstream, ...more) =>
  (upstream.credential?.kind === "token" ? openRest : openTencent)(upstream, ...more);

const notHere = (): Promise<never> =>
  Promise.reject(new Error("this function calls no real system, and has no credential of one"));

export const noClient: OpenClient = () => ({ surface: "rest", rest: { call: notHere, forward: notHere } });

export const clientOf = (client: ForwardClient): UpstreamClient =>
  client.surface === "tencent" ? client.tencent : client.rest;
