import { embeddedProvider } from "../providers/embedded/open.ts";
import type { EmbeddedParts, EmbeddedProvider } from "../providers/embedded.ts";
import type { Profile } from "../providers/profile.ts";
import { type Forward, type ForwardClient, openForward } from "../providers/upstream/forward.ts";
import { openLedger } from "../providers/upstream/ledger.ts";
import type { OpenClient } from "./clients.ts";
import type { ProviderConfig } from "./config-file.ts";
import type { UpstreamConfig } from "./config-upstream.ts";

/** What stands behind a configured provider: Keyway's own engine, or a real system. */
export type Backing =
  | { readonly mode: "embedded"; readonly engine: EmbeddedProvider }
  | {
      readonly mode: "upstream";
      readonly upstream: UpstreamConfig;
      readonly client: ForwardClient;
      readonly forward: Forward;
    };

export type OpenBacking = (
  config: ProviderConfig,
  profile: Profile,
  region: string,
  parts: EmbeddedParts,
) => Backing;

export const backedBy =
  (openClient: OpenClient): OpenBacking =>
  (config, profile, region, parts) => {
    const { name, own, upstream } = config;
    if (upstream === undefined) {
      const settings = { name, region, keysMax: config.keysMax ?? profile.keysMax, own };
      return { mode: "embedded", engine: embeddedProvider(parts, profile, settings) };
    }
    const client = openClient(upstream, profile, region, parts.clock);
    const ledger = openLedger(parts, name);
    const forward = openForward({ ...parts, ledger }, name, upstream.account, client);
    return { mode: "upstream", upstream, client, forward };
  };
