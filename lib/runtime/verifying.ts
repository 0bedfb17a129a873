import type { Provider } from "../providers/port.ts";
import { capabilitiesOf, profiles } from "../providers/profiles.ts";
import { openVerification } from "../verification/open.ts";
import type { ProviderConfig } from "./config-file.ts";

const notHere = (): Promise<never> =>
  Promise.reject(new Error("this function verifies keys and manages none"));

/** A provider as far as who verifies may name it: whose it is, and whether its keys are verified at all. */
const openProvider = (config: ProviderConfig, region: string): Provider => {
  const { upstream } = config;
  const mode = upstream === undefined ? "embedded" : "upstream";
  const profile = profiles.find(({ service }) => service === config.service);
  if (profile === undefined) throw new Error(`the registry lacks ${config.service}`);
  return {
    name: config.name,
    service: profile.service,
    mode,
    native: config.native,
    account: upstream?.account ?? null,
    region: profile.regional ? region : "",
    capabilities: capabilitiesOf(profile.service, mode),
    health: () => ({ status: "unknown", checkedAt: null, reason: null }),
    sources: notHere,
    create: notHere,
    read: notHere,
    change: notHere,
    setStatus: notHere,
    disable: notHere,
    rotate: notHere,
    sync: notHere,
    reveal: notHere,
    recall: notHere,
    remove: notHere,
  };
};

/** What serves verifications alone: without the ways of managing keys, and without a look at all keys when it starts. */
export const verifying = { openProvider, openVerification };
