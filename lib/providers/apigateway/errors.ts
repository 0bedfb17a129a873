import type { ErrorNames } from "../../errors.ts";

/** API Gateway's own codes. Which actions list which is in its SDK; the lists only ever grew. */
export const apigatewayErrors: ErrorNames = {
  field_type_invalid: "InvalidParameter.FormatError",
  field_value_invalid: "InvalidParameter.FormatError",
  "field_value_invalid:filter": "InvalidParameterValue.InvalidFilterNotSupportedName",
  already_exists: "FailedOperation.AccessKeyExist",
  "already_exists:binding": "UnsupportedOperation.AlreadyBindUsagePlan",
  key_limit_reached: "LimitExceeded.ApiKeyCountLimitExceeded",
  "limit_reached:plan": "LimitExceeded.UsagePlanLimitExceeded",
  "limit_reached:keysOfPlan": "LimitExceeded.AccessKeyCountInUsagePlanLimitExceeded",
  "limit_reached:plansOfKey": "UnsupportedOperation.UnsupportedBindApiKey",
  not_found: "ResourceNotFound.InvalidAccessKeyId",
  "not_found:plan": "ResourceNotFound.InvalidUsagePlan",
  "state_unsuitable:status": "UnsupportedOperation.InvalidStatus",
  "state_unsuitable:update": "UnsupportedOperation.UnsupportedUpdateApiKey",
  "state_unsuitable:unbound": "UnsupportedOperation.RequestPostError",
  in_use: "UnsupportedOperation.ResourceIsInUse",
  "in_use:plan": "UnsupportedOperation.UsagePlanInUse",
};

/** Of the actions that document a region's code of their own. */
export const regionErrors: ErrorNames = { region_unsupported: "InvalidParameterValue.InvalidRegion" };
