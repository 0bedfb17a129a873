import { embeddedProvider } from "../providers/embedded/open.ts";
import type { EmbeddedParts, EmbeddedProvider } from "../providers/embedded.ts";
import type { Profile } from "../providers/profile.ts";
import type { ForwardClient } from "../providers/upstream/forward.ts";
import type { OpenClient } from "./clients.ts";
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
  openClient: OpenClient,
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
