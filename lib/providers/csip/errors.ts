import type { ErrorNames } from "../../errors.ts";

/** Codes have no dotted suffix here. Which situation has which is inferred from the SDK's list of names. */
export const csipErrors: ErrorNames = {
  "field_value_invalid:filter": "InvalidFilter",
  "field_value_invalid:member": "OperationDenied",
  "field_value_invalid:machines": "InvalidParameter",
};
