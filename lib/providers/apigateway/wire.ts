import type { Wire } from "../wire.ts";
import { apigatewayErrors } from "./errors.ts";
import { apigatewayProfile } from "./profile.ts";

export const apigatewayWire: Wire = {
  profile: apigatewayProfile,
  version: "2018-08-08",
  // The documentation's editions disagree on whether it is required.
  regions: "optional",
  errors: apigatewayErrors,
};
