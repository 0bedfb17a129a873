interface ErrorRow {
  /** The facade's HTTP status. Tencent surfaces answer 200 whatever happened, as their SDKs need. */
  readonly status: number;
  /** May the same request succeed later, unchanged? */
  readonly retryable: boolean;
  /** The bare code of API 3.0. A service may have a name of its own for it: see its `errors.ts`. */
  readonly tencent: string;
}

/** Every way in which Keyway says no. Codes are stable: callers switch on them. */
export const errorTable = {
  method_not_allowed: row(405, "UnsupportedProtocol"),
  body_too_large: row(413, "RequestSizeLimitExceeded"),
  media_type_unsupported: row(415, "InvalidParameter"),
  route_unknown: row(404, "InvalidAction"),
  version_unknown: row(404, "NoSuchVersion"),
  region_unsupported: row(422, "UnsupportedRegion"),
  common_missing: row(400, "MissingParameter"),
  common_malformed: row(400, "InvalidParameter"),
  common_value_invalid: row(400, "InvalidParameterValue"),
  authorization_malformed: row(401, "AuthFailure.InvalidAuthorization"),
  credential_unknown: row(401, "AuthFailure.SecretIdNotFound"),
  signature_expired: row(401, "AuthFailure.SignatureExpire"),
  signature_mismatch: row(401, "AuthFailure.SignatureFailure"),
  token_invalid: row(401, "AuthFailure.TokenFailure"),
  permission_denied: row(403, "UnauthorizedOperation"),
  rate_limited: row(429, "RequestLimitExceeded", true),
  body_malformed: row(400, "InvalidParameter"),
  field_type_invalid: row(422, "InvalidParameter"),
  field_unknown: row(422, "UnknownParameter"),
  field_missing: row(422, "MissingParameter"),
  field_value_invalid: row(422, "InvalidParameterValue"),
  field_conflict: row(422, "InvalidParameter"),
  key_limit_reached: row(422, "LimitExceeded"),
  limit_reached: row(422, "LimitExceeded"),
  not_found: row(404, "ResourceNotFound"),
  already_exists: row(409, "ResourceInUse"),
  state_unsuitable: row(409, "UnsupportedOperation"),
  in_use: row(409, "ResourceInUse"),
  unsupported: row(422, "UnsupportedOperation"),
  last_admin: row(409, "OperationDenied"),
  version_mismatch: row(412, "FailedOperation"),
  precondition_missing: row(428, "MissingParameter"),
  cursor_invalid: row(400, "InvalidParameterValue"),
  idempotency_key_invalid: row(400, "InvalidParameter"),
  idempotency_mismatch: row(422, "InvalidParameter"),
  idempotency_in_flight: row(409, "OperationDenied", true),
  upstream_timeout: row(504, "FailedOperation", true),
  upstream_failed: row(502, "FailedOperation", true),
  // Sent again it is refused again, until its operator mends the credential.
  upstream_credential_refused: row(502, "FailedOperation"),
  outcome_unknown: row(502, "FailedOperation"),
  already_settled: row(409, "OperationDenied"),
  conflict: row(409, "FailedOperation", true),
  // What it is about stays as it is stored until its operator has seen to it.
  unreadable: row(500, "InternalError"),
  unavailable: row(503, "InternalError", true),
  internal: row(500, "InternalError", true),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;
export const errorCodes = Object.keys(errorTable) as readonly ErrorCode[];

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
 * A row of the store that this version cannot make sense of. Its caller can only hand it on, and hears nothing of what is
 * in it; `message` of an ordinary error would be all that the log has, so the row's name stands apart.
 */
export class UnreadableRow extends Refusal {
  readonly fault: string;

  constructor(fault: string) {
    super(
      "unreadable",
      "What is stored of this was written by another version of Keyway, or damaged, and nothing was changed. It will be refused until its operator, who finds the row in the log by the request id, has seen to it.",
    );
    this.name = "UnreadableRow";
    this.fault = fault;
  }
}

/**
 * What all calls need, the store or the master key, could not be reached, or had too much to do: it may be asked again.
 * After `unknown` whoever asks has to see first what came of it; after `nothing` nothing did.
 */
export class Unavailable extends Error {
  readonly outcome: "nothing" | "unknown";

  constructor(message: string, outcome: "nothing" | "unknown", options?: ErrorOptions) {
    super(message, options);
    this.name = "Unavailable";
    this.outcome = outcome;
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

function row(status: number, tencent: string, retryable = false): ErrorRow {
  return { status, retryable, tencent };
}
