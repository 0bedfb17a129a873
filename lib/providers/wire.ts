import type { ErrorNames } from "../errors.ts";
import type { Profile } from "./profile.ts";

/** What all actions of one Tencent service share on the wire. */
export interface Wire {
  readonly profile: Profile;
  readonly version: string;
  readonly regionRequired: boolean;
  readonly errors: ErrorNames;
}
