import type { Wire } from "../wire.ts";
import { apigatewayErrors } from "./errors.ts";
import { apigatewayProfile, apiVersion } from "./profile.ts";

export const apigatewayWire: Wire = {
  profile: apigatewayProfile,
  version: apiVersion,
  // The documentation's editions disagree on whether it is required.
  regions: "optional",
  errors: apigatewayErrors,
};
