import type { ServiceName } from "../schemas/key.ts";
import type { Profile } from "./profile.ts";
import { tokenhubProfile } from "./tokenhub/profile.ts";

/**
 * The registry: one line for each service. A door to all of them passes it on; an action's own function passes its own
 * profile alone, so that its bundle holds one service.
 */
const registry: Readonly<Record<ServiceName, Profile>> = {
  tokenhub: tokenhubProfile,
};

export const profiles: readonly Profile[] = Object.values(registry);
