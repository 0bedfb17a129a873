import type { Wire } from "../../../lib/providers/wire.ts";
import { toyErrors } from "./errors.ts";
import { toyProfile, toyVersion } from "./profile.ts";

export const toyWire: Wire = {
  profile: toyProfile,
  version: toyVersion,
  regions: "required",
  errors: toyErrors,
};
