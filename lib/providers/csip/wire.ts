import type { Wire } from "../wire.ts";
import { csipErrors } from "./errors.ts";
import { csipProfile } from "./profile.ts";

export const csipWire: Wire = {
  profile: csipProfile,
  version: "2022-11-21",
  // Optional and not needed: a credential is of no region.
  regions: "none",
  errors: csipErrors,
};
