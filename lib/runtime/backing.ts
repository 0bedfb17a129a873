import { setTimeout as sleep } from "node:timers/promises";
import { type EmbeddedParts, type EmbeddedProvider, embeddedProvider } from "../providers/embedded.ts";
import type { Profile } from "../providers/profile.ts";
import type { UpstreamClient } from "../providers/upstream/attempts.ts";
import { bearerClient } from "../providers/upstream/bearer.ts";
import type { ForwardClient } from "../providers/upstream/forward.ts";
import { tencentClient } from "../providers/upstream/tencent.ts";
import type { ProviderConfig } from "./config-file.ts";
import type { UpstreamConfig } from "./config-upstream.ts";

/** What stands behind a configured provider: Keyway's own engine, or a real system. */
export type Backing =
  | { readonly mode: "embedded"; readonly engine: EmbeddedProvider }
  | { readonly mode: "upstream"; readonly upstream: UpstreamConfig; readonly client: ForwardClient };

export const openBacking = (
  config: ProviderConfig,
  profile: Profile,
  region: string,
  parts: EmbeddedParts,
): Backing => {
  const { upstream } = config;
  if (upstream === undefined) {
    const settings = {
      name: config.name,
      region,
      keysMax: config.keysMax ?? profile.keysMax,
      own: config.own,
    };
    return { mode: "embedded", engine: embeddedProvider(parts, profile, settings) };
  }
  return { mode: "upstream", upstream, client: openClient(upstream, profile, region, parts.clock) };
};

const openClient = (
  { endpoint, credential }: UpstreamConfig,
  { service, apiVersion, regional }: Profile,
  region: string,
  clock: () => Date,
): ForwardClient => {
  const effects = { clock, random: Math.random, sleep: (ms: number): Promise<void> => sleep(ms) };
  if (credential.kind === "token") {
    return { surface: "rest", rest: bearerClient({ endpoint, token: credential.token }, effects) };
  }
  if (apiVersion === null) throw new Error("a pair signs calls of API 3.0 alone");
  const wire = { service, version: apiVersion, region: regional ? region : "" };
  return { surface: "tencent", tencent: tencentClient({ endpoint, credential, ...wire }, effects) };
};

export const clientOf = (client: ForwardClient): UpstreamClient =>
  client.surface === "tencent" ? client.tencent : client.rest;
