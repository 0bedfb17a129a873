import type { ErrorNames } from "../../errors.ts";

/** TokenHub doubles the names of what its own code refuses; what the gateway in front refuses keeps the bare ones. */
export const tokenhubErrors: ErrorNames = {
  field_missing: "MissingParameter.MissingParameter",
  field_value_invalid: "InvalidParameterValue.InvalidParameterValue",
  field_conflict: "InvalidParameter.InvalidParameter",
  permission_denied: "UnauthorizedOperation.UnauthorizedOperation",
  internal: "InternalError.InternalError",
};
