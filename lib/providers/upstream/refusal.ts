import { type ErrorCode, Refusal } from "../../errors.ts";
import { isThrottled, UpstreamFailure } from "./failure.ts";

/** What the common codes mean: by the whole code first, then by its part before the dot. */
const meanings: ReadonlyMap<string, ErrorCode> = new Map([
  ["ResourceNotFound", "not_found"],
  ["ResourceInUse", "in_use"],
  ["LimitExceeded", "key_limit_reached"],
  ["UnsupportedOperation", "state_unsuitable"],
  ["OperationDenied", "state_unsuitable"],
  ["InvalidParameter", "field_value_invalid"],
  ["InvalidParameterValue", "field_value_invalid"],
  ["MissingParameter", "field_value_invalid"],
  ["UnknownParameter", "field_value_invalid"],
  ["InvalidAction", "unsupported"],
  ["NoSuchVersion", "unsupported"],
  ["UnsupportedRegion", "unsupported"],
  ["http_400", "field_value_invalid"],
  ["http_404", "not_found"],
  ["http_405", "unsupported"],
  ["http_409", "state_unsuitable"],
  ["http_422", "field_value_invalid"],
]);

const texts: Readonly<Partial<Record<ErrorCode, string>>> = {
  not_found: "The specified key does not exist.",
  field_value_invalid: "It does not accept a value that was sent.",
  state_unsuitable: "The key is in no state for this.",
  in_use: "The key is in use.",
  already_exists: "There is such a key already.",
  key_limit_reached: "The account has as many keys as it may have.",
  unsupported: "It does not know this call.",
  rate_limited: "It takes no more calls at the moment.",
  upstream_timeout: "It did not answer in time.",
  upstream_credential_refused: "It refused the credential that is configured for it.",
};

/** Not the caller's own permission: a 403 would send them to ask for one that they have. */
const refusesUs = /^(?:AuthFailure|UnauthorizedOperation|http_401$|http_403$)/;

const meaningOf = (failure: UpstreamFailure): ErrorCode => {
  const { code, kind, means } = failure;
  if (isThrottled(failure)) return "rate_limited";
  const known = means ?? meanings.get(code) ?? meanings.get(code.split(".", 1)[0] ?? "");
  if (kind === "answered") {
    if (known !== undefined) return known;
    if (refusesUs.test(code)) return "upstream_credential_refused";
  }
  return code === "timeout" ? "upstream_timeout" : "upstream_failed";
};

const textOf = (meaning: ErrorCode, { kind }: UpstreamFailure): string => {
  if (meaning !== "upstream_failed") return texts[meaning] ?? "It refused this.";
  return kind === "unsent" ? "It cannot be reached." : "It failed.";
};

/** A real system's failure in our words. Its own text stays where it is: it may quote what it was sent. */
export const refusalOf = (failure: UpstreamFailure, provider: string): Refusal => {
  const code = meaningOf(failure);
  const text = textOf(code, failure);
  const upstream = { provider, code: failure.code, requestId: failure.requestId };
  const verb = failure.kind === "answered" ? "answered" : "failed with";
  // The same words for a key that is not there, whoever keeps it.
  const message =
    code === "not_found" ? text : `The provider \`${provider}\` ${verb} ${failure.code}. ${text}`;
  return new Refusal(code, message, { upstream });
};

/** A failure in the words of the facade; anything else is passed on as it is. */
export const refused =
  (provider: string) =>
  (error: unknown): never => {
    throw error instanceof UpstreamFailure ? refusalOf(error, provider) : error;
  };

export const outcomeUnknown = (provider: string, failure: UpstreamFailure, what: string): Refusal =>
  new Refusal("outcome_unknown", `${what} The provider \`${provider}\` did not say whether it did.`, {
    upstream: { provider, code: failure.code, requestId: failure.requestId },
  });
