import { setTimeout as sleep } from "node:timers/promises";
import type { ReadRecorder } from "../audit/reads.ts";
import { openWebhooks } from "../events/open.ts";
import type { RandomBytes } from "../keys/random.ts";
import type { LeakTargets } from "../leaks/match.ts";
import { type Leaks, openLeaks as openLeakInbox } from "../leaks/open.ts";
import type { LeakSettings } from "../leaks/settings.ts";
import { embeddedPort } from "../providers/embedded-port.ts";
import type { Provider } from "../providers/port.ts";
import { services } from "../providers/services.ts";
import { upstreamProvider } from "../providers/upstream/provider.ts";
import type { Vault } from "../sealing/vault.ts";
import type { Store } from "../store/port/store.ts";
import { openVerification } from "../verification/open.ts";
import type { Backing } from "./backing.ts";
import { clientOf } from "./clients.ts";
import type { ProviderConfig } from "./config-file.ts";
import { unreachableKeys } from "./unreachable-keys.ts";

export interface ProviderParts {
  readonly store: Store;
  readonly vault: Vault;
  readonly reads: ReadRecorder;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
}

/** What the facade sees of a configured provider. An action's own function has no facade, and does not import this. */
const openProvider = (
  config: ProviderConfig,
  region: string,
  backing: Backing | undefined,
  parts: ProviderParts,
): Provider => {
  if (backing === undefined) throw new Error("keys cannot be managed without what stands behind a provider");
  const service = services.find(({ profile }) => profile.service === config.service);
  if (service === undefined) throw new Error(`the registry lacks ${config.service}`);
  const { clock, random, vault } = parts;
  if (backing.mode === "embedded") {
    return embeddedPort(backing.engine, service.facing, { native: config.native, clock, random });
  }
  return upstreamProvider(
    { ...parts, sleep: (ms) => sleep(ms), digest: (text) => vault.digest(`upstream\n${text}`) },
    service,
    clientOf(backing.client),
    {
      name: config.name,
      region,
      native: config.native,
      account: backing.upstream.account,
      plane: backing.upstream.dataPlane,
      own: config.own,
    },
  );
};

const openLeaks = (
  parts: Omit<ProviderParts, "reads">,
  targets: LeakTargets,
  settings: LeakSettings,
): Leaks => openLeakInbox({ ...parts, targets, sleep: (ms) => sleep(ms) }, settings);

/** What only a process that serves the facade needs, and brings along. */
export const facade = { openProvider, openVerification, openLeaks, openWebhooks, unreachableKeys };
export type Facade = typeof facade;
