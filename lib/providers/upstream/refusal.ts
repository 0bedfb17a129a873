import { type ErrorCode, Refusal } from "../../errors.ts";
import type { UpstreamFailure } from "./failure.ts";
import { isThrottled } from "./retry.ts";

interface Meaning {
  readonly code: ErrorCode;
  readonly text: string;
}

const missing: Meaning = { code: "not_found", text: "The specified key does not exist." };
const invalid: Meaning = { code: "field_value_invalid", text: "It does not accept a value that was sent." };
const unsuitable: Meaning = { code: "state_unsuitable", text: "The key is in no state for this." };
const bound: Meaning = { code: "in_use", text: "The key is in use." };
const taken: Meaning = { code: "already_exists", text: "There is such a key already." };
const full: Meaning = { code: "key_limit_reached", text: "The account has as many keys as it may have." };
const foreign: Meaning = { code: "unsupported", text: "It does not know this call." };
/** Not the caller's own permission: a 403 would send them to ask for one that they have. */
const locked: Meaning = {
  code: "upstream_failed",
  text: "It refused the credential that is configured for it.",
};

/** By the whole code first, then by its part before the dot. */
const meanings: Readonly<Record<string, Meaning>> = {
  "FailedOperation.AccessKeyExist": taken,
  "UnsupportedOperation.ResourceIsInUse": bound,
  "UnsupportedOperation.UsagePlanInUse": bound,
  AuthFailure: locked,
  UnauthorizedOperation: locked,
  ResourceNotFound: missing,
  ResourceInUse: bound,
  LimitExceeded: full,
  UnsupportedOperation: unsuitable,
  OperationDenied: unsuitable,
  InvalidParameter: invalid,
  InvalidParameterValue: invalid,
  MissingParameter: invalid,
  UnknownParameter: invalid,
  InvalidAction: foreign,
  NoSuchVersion: foreign,
  UnsupportedRegion: foreign,
  http_400: invalid,
  http_401: locked,
  http_403: locked,
  http_404: missing,
  http_405: foreign,
  http_409: unsuitable,
  http_422: invalid,
};

const meaningOf = (failure: UpstreamFailure): Meaning => {
  const { code, kind } = failure;
  if (isThrottled(failure)) return { code: "rate_limited", text: "It takes no more calls at the moment." };
  const known = meanings[code] ?? meanings[code.split(".", 1)[0] ?? ""];
  if (kind === "answered" && known !== undefined) return known;
  if (code === "timeout") return { code: "upstream_timeout", text: "It did not answer in time." };
  if (kind === "unsent") return { code: "upstream_failed", text: "It cannot be reached." };
  return { code: "upstream_failed", text: "It failed." };
};

/** A real system's failure in our words. Its own text stays where it is: it may quote what it was sent. */
export const refusalOf = (failure: UpstreamFailure, provider: string): Refusal => {
  const { code, text } = meaningOf(failure);
  const upstream = { provider, code: failure.code, requestId: failure.requestId };
  const verb = failure.kind === "answered" ? "answered" : "failed with";
  // The same words for a key that is not there, whoever keeps it.
  const message =
    code === "not_found" ? text : `The provider \`${provider}\` ${verb} ${failure.code}. ${text}`;
  return new Refusal(code, message, { upstream });
};
