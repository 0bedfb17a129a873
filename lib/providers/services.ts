import { aioneFacing } from "./aione/facing.ts";
import { aioneProfile } from "./aione/profile.ts";
import { apigatewayFacing } from "./apigateway/facing.ts";
import { apigatewayProfile } from "./apigateway/profile.ts";
import { csipFacing } from "./csip/facing.ts";
import { csipProfile } from "./csip/profile.ts";
import type { Facing } from "./facing.ts";
import type { Profile } from "./profile.ts";
import { tokenhubFacing } from "./tokenhub/facing.ts";
import { tokenhubProfile } from "./tokenhub/profile.ts";

/** What a process serves of a service: an action's own function has no facade, and needs the profile alone. */
export interface Service {
  readonly profile: Profile;
  readonly facing?: Facing;
}

/** The registry: one line for each service. A door to all of them passes it on. */
export const services: readonly Service[] = [
  { profile: tokenhubProfile, facing: tokenhubFacing },
  { profile: apigatewayProfile, facing: apigatewayFacing },
  { profile: csipProfile, facing: csipFacing },
  { profile: aioneProfile, facing: aioneFacing },
];

export const profiles: readonly Profile[] = services.map(({ profile }) => profile);
