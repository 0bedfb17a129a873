interface ErrorRow {
  /** The facade's HTTP status. Tencent surfaces answer 200 whatever happened, as their SDKs need. */
  readonly status: number;
  /** May the same request succeed later, unchanged? */
  readonly retryable: boolean;
  /** The bare code of API 3.0. A service may have a name of its own for it: see its `errors.ts`. */
  readonly tencent: string;
  readonly title: string;
}

/** Every way in which Keyway says no. Codes are stable: callers switch on them. */
export const errorTable = {
  method_not_allowed: row(405, "UnsupportedProtocol", "Method not allowed"),
  body_too_large: row(413, "RequestSizeLimitExceeded", "Body too large"),
  media_type_unsupported: row(415, "InvalidParameter", "Media type not supported"),
  route_unknown: row(404, "InvalidAction", "No such path"),
  version_unknown: row(404, "NoSuchVersion", "No such version"),
  region_unsupported: row(422, "UnsupportedRegion", "Region not supported"),
  common_missing: row(400, "MissingParameter", "Common parameter missing"),
  common_malformed: row(400, "InvalidParameter", "Common parameter malformed"),
  common_value_invalid: row(400, "InvalidParameterValue", "Common parameter not allowed"),
  authorization_malformed: row(401, "AuthFailure.InvalidAuthorization", "Not authenticated"),
  credential_unknown: row(401, "AuthFailure.SecretIdNotFound", "Not authenticated"),
  signature_expired: row(401, "AuthFailure.SignatureExpire", "Signature expired"),
  signature_mismatch: row(401, "AuthFailure.SignatureFailure", "Signature does not match"),
  token_invalid: row(401, "AuthFailure.TokenFailure", "Not authenticated"),
  permission_denied: row(403, "UnauthorizedOperation", "Not permitted"),
  rate_limited: row(429, "RequestLimitExceeded", "Too many requests", true),
  body_malformed: row(400, "InvalidParameter", "Body not readable"),
  field_type_invalid: row(422, "InvalidParameter", "Field of the wrong type"),
  field_unknown: row(422, "UnknownParameter", "Unknown field"),
  field_missing: row(422, "MissingParameter", "Field missing"),
  field_value_invalid: row(422, "InvalidParameterValue", "Field value not allowed"),
  field_conflict: row(422, "InvalidParameter", "Fields contradict each other"),
  key_limit_reached: row(422, "LimitExceeded", "Key limit reached"),
  limit_reached: row(422, "LimitExceeded", "Limit reached"),
  not_found: row(404, "ResourceNotFound", "Not found"),
  already_exists: row(409, "ResourceInUse", "Already exists"),
  state_unsuitable: row(409, "UnsupportedOperation", "Not in this state"),
  in_use: row(409, "ResourceInUse", "In use"),
  unsupported: row(422, "UnsupportedOperation", "Not supported by this provider"),
  last_admin: row(409, "OperationDenied", "Last administrator"),
  version_mismatch: row(412, "FailedOperation", "Changed since it was read"),
  precondition_missing: row(428, "MissingParameter", "Precondition required"),
  cursor_invalid: row(400, "InvalidParameterValue", "Cursor not usable"),
  idempotency_key_invalid: row(400, "InvalidParameter", "Idempotency-Key malformed"),
  idempotency_mismatch: row(422, "InvalidParameter", "Idempotency-Key used for something else"),
  idempotency_in_flight: row(409, "OperationDenied", "Still under way", true),
  upstream_timeout: row(504, "FailedOperation", "The provider did not answer in time", true),
  upstream_failed: row(502, "FailedOperation", "The provider failed", true),
  // Sent again it is refused again, until its operator mends the credential.
  upstream_credential_refused: row(502, "FailedOperation", "Credential refused upstream"),
  outcome_unknown: row(502, "FailedOperation", "Outcome unknown"),
  already_settled: row(409, "OperationDenied", "Already settled"),
  conflict: row(409, "FailedOperation", "Changed by someone else", true),
  internal: row(500, "InternalError", "Internal error", true),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export interface FieldIssue {
  /** In the caller's words: `Bindings.0.ResourceId`. */
  readonly path: string;
  readonly message: string;
}

export interface UpstreamWord {
  readonly provider: string;
  /** Its own code: `ResourceNotFound.InvalidAccessKeyId`. */
  readonly code: string;
  readonly requestId: string | null;
}

/**
 * Something the caller can see and mend. The message leaves the house, so it names fields and rules, never values;
 * whatever else is thrown is our bug and leaves as `internal` without a word of its text.
 */
export class Refusal extends Error {
  readonly code: ErrorCode;
  readonly issues: readonly FieldIssue[];
  /** What in particular, where a service has a code of its own for it: `plan` of `not_found`. */
  readonly reason: string | undefined;
  /** Headers that this refusal obliges the facade to send: `Allow`, `WWW-Authenticate`. */
  readonly headers: Readonly<Record<string, string>>;
  /** What the real system behind a provider said, for those who have to ask there. */
  readonly upstream: UpstreamWord | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: {
      readonly issues?: readonly FieldIssue[];
      readonly reason?: string | undefined;
      readonly headers?: Readonly<Record<string, string>>;
      readonly upstream?: UpstreamWord;
    } = {},
  ) {
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.issues = more.issues ?? [];
    this.reason = more.reason;
    this.headers = more.headers ?? {};
    this.upstream = more.upstream;
  }
}

/**
 * A service's own names for some codes: TokenHub doubles them, `MissingParameter.MissingParameter`. One for a code with
 * its reason, `not_found:plan`, goes before the code's own.
 */
export type ErrorNames = Readonly<Partial<Record<ErrorCode | `${ErrorCode}:${string}`, string>>>;

/** The code of API 3.0 that a refusal has on a service's wire. */
export const tencentCode = ({ code, reason }: Pick<Refusal, "code" | "reason">, names: ErrorNames): string =>
  (reason === undefined ? undefined : names[`${code}:${reason}`]) ?? names[code] ?? errorTable[code].tencent;

function row(status: number, tencent: string, title: string, retryable = false): ErrorRow {
  return { status, retryable, tencent, title };
}
