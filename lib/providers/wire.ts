import type { ErrorNames } from "../errors.ts";
import type { Profile } from "./profile.ts";

/** What all actions of one Tencent service share on the wire. */
export interface Wire {
  readonly profile: Profile;
  readonly version: string;
  /** `optional`: without one, the provider's own. `none`: keys are of no region, and whatever is sent says nothing. */
  readonly regions: "required" | "optional" | "none";
  readonly errors: ErrorNames;
}
