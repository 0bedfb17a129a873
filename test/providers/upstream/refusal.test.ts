import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../lib/errors.ts";
import { apigatewayDialect } from "../../../lib/providers/apigateway/dialect.ts";
import { type FailureKind, isMissing, UpstreamFailure } from "../../../lib/providers/upstream/failure.ts";
import { refusalOf } from "../../../lib/providers/upstream/refusal.ts";
import { problemOf } from "../../../lib/surfaces/facade/problem.ts";

const refusal = (kind: FailureKind, code: string, means?: ErrorCode) =>
  refusalOf(new UpstreamFailure({ kind, code, requestId: "r-1", status: 200, means }), "p");

describe("a failure in words of ours", () => {
  it.each([
    ["ResourceNotFound.InvalidAccessKeyId", "answered", "not_found"],
    ["ResourceNotFound", "answered", "not_found"],
    ["http_404", "answered", "not_found"],
    ["LimitExceeded.ApiKeyCountLimitExceeded", "answered", "key_limit_reached"],
    ["RequestLimitExceeded.UinLimitExceeded", "answered", "rate_limited"],
    ["UnsupportedOperation.InvalidStatus", "answered", "state_unsuitable"],
    ["UnsupportedOperation.UnsupportedUpdateApiKey", "answered", "state_unsuitable"],
    ["InvalidParameter.FormatError", "answered", "field_value_invalid"],
    ["InvalidParameterValue.InvalidRegion", "answered", "field_value_invalid"],
    ["MissingParameter.MissingParameter", "answered", "field_value_invalid"],
    ["http_422", "answered", "field_value_invalid"],
    ["http_409", "answered", "state_unsuitable"],
    ["InvalidAction", "answered", "unsupported"],
    ["AuthFailure.SignatureFailure", "answered", "upstream_credential_refused"],
    ["UnauthorizedOperation.CamNoAuth", "answered", "upstream_credential_refused"],
    ["http_401", "answered", "upstream_credential_refused"],
    ["AuthFailure.SignatureFailure", "unknown", "upstream_failed"],
    ["FailedOperation.CamException", "answered", "upstream_failed"],
    ["constructor", "answered", "upstream_failed"],
    ["timeout", "unknown", "upstream_timeout"],
    ["connection_lost", "unknown", "upstream_failed"],
    ["connect_failed", "unsent", "upstream_failed"],
    ["InternalError", "unknown", "upstream_failed"],
  ] as const)("%s is %s: %s", (code, kind, ours) => {
    const told = refusal(kind, code);
    expect(told.code).toBe(ours);
    expect(told.upstream).toEqual({ provider: "p", code, requestId: "r-1" });
  });

  it.each([
    ["FailedOperation.AccessKeyExist", "already_exists", "There is such a key already."],
    ["LimitExceeded.RequestLimitExceeded", "rate_limited", "It takes no more calls at the moment."],
    ["UnsupportedOperation.ResourceIsInUse", "in_use", "The key is in use."],
    ["UnsupportedOperation.UsagePlanInUse", "in_use", "The key is in use."],
  ])("%s is %s where the service says so", (code, ours, text) => {
    const told = refusal("answered", code, apigatewayDialect.refusals?.meanings?.get(code));
    expect([told.code, told.message]).toEqual([ours, `The provider \`p\` answered ${code}. ${text}`]);
    expect(refusal("answered", code).code).not.toBe(ours);
  });

  it.each(["ResourceNotFound", "ResourceNotFound.InvalidAccessKeyId", "http_404"])(
    "%s tells of a missing key just as the embedded engine does",
    (code) => {
      expect(isMissing({ kind: "answered", code, requestId: null, status: 200 })).toBe(true);
      expect(refusal("answered", code).message).toBe("The specified key does not exist.");
    },
  );

  it.each(["AuthFailure.SignatureFailure", "UnauthorizedOperation", "http_401", "http_403"])(
    "%s is laid to the configured credential, not to the caller",
    (code) => {
      expect(refusal("answered", code).message).toBe(
        `The provider \`p\` answered ${code}. It refused the credential that is configured for it.`,
      );
      // The same call would be refused again; a caller that repeats it mends nothing.
      expect(problemOf(refusal("answered", code), "r-2")).toMatchObject({ status: 502, retryable: false });
    },
  );

  it("does not say that a system answered which did not", () => {
    for (const [kind, code] of [
      ["unsent", "connect_failed"],
      ["unknown", "timeout"],
      ["unknown", "connection_lost"],
    ] as const) {
      expect(refusal(kind, code).message).not.toContain("answered");
    }
  });
});
