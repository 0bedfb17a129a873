import type { Wire } from "../../../lib/providers/wire.ts";
import { toyErrors } from "./errors.ts";
import { toyProfile } from "./profile.ts";

export const toyWire: Wire = {
  profile: toyProfile,
  version: "2031-01-01",
  regions: "required",
  errors: toyErrors,
};
