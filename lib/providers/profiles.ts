import type { ServiceName } from "../schemas/key.ts";
import type { Profile } from "./profile.ts";
import { tokenhubProfile } from "./tokenhub/profile.ts";

/** One line for each service. */
export const profiles: Readonly<Record<ServiceName, Profile>> = {
  tokenhub: tokenhubProfile,
};
