/** What a service of AWS answered instead of a result, or that it did not answer. */
export class AwsFailure extends Error {
  /** `ConditionalCheckFailedException`; of no answer, the system's or the client's own name. */
  readonly code: string;
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  /** What else the answer says, by its own names. */
  readonly details: Readonly<Record<string, unknown>>;

  /** Without the error that it is made of: that one holds the signed request, and may quote what could not be read. */
  constructor(
    code: string,
    status?: number,
    requestId?: string,
    details: Readonly<Record<string, unknown>> = {},
  ) {
    super(`AWS refused: ${code}`);
    this.name = "AwsFailure";
    this.code = code;
    this.status = status;
    this.requestId = requestId;
    this.details = details;
  }
}

const throttles: ReadonlySet<string> = new Set([
  "LimitExceededException",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "RequestThrottledException",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
]);

export const isThrottled = ({ code }: AwsFailure): boolean => throttles.has(code);

export const missingRegion = "MissingRegion";

/** The process does not know where to ask, or as whom. */
export const isUnsent = ({ code }: AwsFailure): boolean =>
  code === missingRegion || code === "CredentialsProviderError";

/** Whether the same call may have another answer later: nobody said that it is wrong. */
export const isPassing = (failure: AwsFailure): boolean =>
  failure.status === undefined ||
  failure.status >= 500 ||
  isThrottled(failure) ||
  failure.code === "TransactionInProgressException";
