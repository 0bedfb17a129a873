import type { Wire } from "../wire.ts";
import { tokenhubErrors } from "./errors.ts";
import { tokenhubProfile } from "./profile.ts";

export const tokenhubWire: Wire = {
  profile: tokenhubProfile,
  version: "2026-03-22",
  regions: "required",
  errors: tokenhubErrors,
};
