import { aioneDialect } from "./aione/dialect.ts";
import { aioneFacing } from "./aione/facing.ts";
import { aioneProfile } from "./aione/profile.ts";
import { apigatewayDialect } from "./apigateway/dialect.ts";
import { apigatewayFacing } from "./apigateway/facing.ts";
import { apigatewayProfile } from "./apigateway/profile.ts";
import { csipDialect } from "./csip/dialect.ts";
import { csipFacing } from "./csip/facing.ts";
import { csipProfile } from "./csip/profile.ts";
import type { Dialect } from "./dialect.ts";
import type { Facing } from "./facing.ts";
import type { Profile } from "./profile.ts";
import { tokenhubDialect } from "./tokenhub/dialect.ts";
import { tokenhubFacing } from "./tokenhub/facing.ts";
import { tokenhubProfile } from "./tokenhub/profile.ts";

/** All that Keyway knows of a service. */
export interface Service {
  readonly profile: Profile;
  readonly facing: Facing;
  readonly dialect: Dialect;
}

/** One line for each of the profiles: how keys are managed by the facade, in Keyway's own store and at the real system. */
export const services: readonly Service[] = [
  { profile: tokenhubProfile, facing: tokenhubFacing, dialect: tokenhubDialect },
  { profile: apigatewayProfile, facing: apigatewayFacing, dialect: apigatewayDialect },
  { profile: csipProfile, facing: csipFacing, dialect: csipDialect },
  { profile: aioneProfile, facing: aioneFacing, dialect: aioneDialect },
];
