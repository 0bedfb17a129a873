import type { ServiceName } from "../schemas/key.ts";
import { aioneCapabilities } from "./aione/capabilities.ts";
import { aioneProfile } from "./aione/profile.ts";
import { apigatewayCapabilities } from "./apigateway/capabilities.ts";
import { apigatewayProfile } from "./apigateway/profile.ts";
import type { Capabilities } from "./capabilities.ts";
import { csipCapabilities } from "./csip/capabilities.ts";
import { csipProfile } from "./csip/profile.ts";
import type { Mode } from "./port.ts";
import type { Profile } from "./profile.ts";
import { tokenhubCapabilities } from "./tokenhub/capabilities.ts";
import { tokenhubProfile } from "./tokenhub/profile.ts";

/**
 * The registry: one line for each service, in the order in which they are told. A door to all of them passes it on. Who
 * only verifies keys needs no more of a service, and starts sooner without the rest (services.ts).
 */
const registry: readonly (readonly [Profile, Readonly<Record<Mode, Capabilities>>])[] = [
  [tokenhubProfile, tokenhubCapabilities],
  [apigatewayProfile, apigatewayCapabilities],
  [csipProfile, csipCapabilities],
  [aioneProfile, aioneCapabilities],
];

export const profiles: readonly Profile[] = registry.map(([profile]) => profile);

export const capabilitiesOf = (service: ServiceName, mode: Mode): Capabilities => {
  const found = registry.find(([profile]) => profile.service === service);
  if (found === undefined) throw new Error(`the registry lacks ${service}`);
  return found[1][mode];
};
