import { aioneProfile } from "./aione/profile.ts";
import { apigatewayProfile } from "./apigateway/profile.ts";
import { csipProfile } from "./csip/profile.ts";
import type { Profile } from "./profile.ts";
import { tokenhubProfile } from "./tokenhub/profile.ts";

/**
 * The registry: one line for each service. A door to all of them passes it on; an action's own function passes its own
 * profile alone, so that its bundle holds one service.
 */
export const profiles: readonly Profile[] = [tokenhubProfile, apigatewayProfile, csipProfile, aioneProfile];
