import type { Wire } from "../wire.ts";
import { csipErrors } from "./errors.ts";
import { apiVersion, csipProfile } from "./profile.ts";

export const csipWire: Wire = {
  profile: csipProfile,
  version: apiVersion,
  // Optional and not needed: a credential is of no region.
  regions: "none",
  errors: csipErrors,
};
