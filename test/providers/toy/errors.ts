import type { ErrorNames } from "../../../lib/errors.ts";

/** The service's own codes. */
export const toyErrors: ErrorNames = {
  field_value_invalid: "InvalidParameterValue.TokenField",
  key_limit_reached: "LimitExceeded.TokenCount",
  not_found: "ResourceNotFound.NoSuchToken",
  "state_unsuitable:locked": "UnsupportedOperation.TokenLocked",
};
