import type { Wire } from "../wire.ts";
import { tokenhubErrors } from "./errors.ts";
import { apiVersion, tokenhubProfile } from "./profile.ts";

export const tokenhubWire: Wire = {
  profile: tokenhubProfile,
  version: apiVersion,
  regions: "required",
  errors: tokenhubErrors,
};
