import { AwsFailure } from "../aws/failure.ts";
import { MasterKeyBusy, MasterKeyFault } from "./master.ts";

const credentials =
  "Give the process AWS credentials that are valid now; on a machine of your own, set its clock right";

/** What to do, by KMS's own code; every code that is not here, and no failure of KMS itself, is told by its name. */
const advice: Readonly<Record<string, string>> = {
  AccessDeniedException:
    "Allow Keyway's role kms:GenerateDataKey and kms:Decrypt on the key (for a rotation kms:ReEncryptFrom and kms:ReEncryptTo), in the role's policy and in the key's own",
  DisabledException: "The key is disabled: enable it",
  KMSInvalidStateException: "The key is not ready for use: cancel its deletion, or import its material",
  NotFoundException: "There is no such key: set KEYWAY_KMS_KEY to the ARN of one that is in this region",
  InvalidArnException: "There is no such key: set KEYWAY_KMS_KEY to the ARN of one that is in this region",
  ValidationException:
    "What is asked for is no KMS key: the store was sealed by another kind of master key, or KEYWAY_KMS_KEY is mistyped",
  InvalidKeyUsageException: "The key does not encrypt: set KEYWAY_KMS_KEY to a symmetric key for encryption",
  IncorrectKeyException: "The stored key was wrapped by another KMS key: put the store's backup in its place",
  InvalidCiphertextException:
    "The stored key was changed, or moved from another account or purpose: put the store's backup in its place",
  UnrecognizedClientException: credentials,
  InvalidClientTokenId: credentials,
  InvalidSignatureException: credentials,
  IncompleteSignature: credentials,
  MissingAuthenticationToken: credentials,
  MissingAuthenticationTokenException: credentials,
  ExpiredTokenException: credentials,
  CredentialsProviderError: credentials,
};

/** Besides KMS's answers of status 500 and above, and connections that fail: throttling, and no answer in time. */
const busyCodes: ReadonlySet<string> = new Set([
  "AbortError",
  "LimitExceededException",
  "RequestLimitExceeded",
  // An answer that was cut off.
  "SyntaxError",
  "Throttling",
  "ThrottlingException",
  "TimeoutError",
  "TooManyRequestsException",
]);

/** A failed call of KMS, in words of ours. */
export const kmsFault = (error: unknown, keyName: string): unknown => {
  if (!(error instanceof AwsFailure)) return error;
  const { code, requestId } = error;
  // The request is what CloudTrail finds the call by.
  const request = requestId === undefined ? "" : `, request ${requestId}`;
  const what = `The KMS key ${keyName} cannot be used: ${code}${request}.`;
  if (isBusy(error)) return new MasterKeyBusy(`${what} KMS does not answer now; try again later.`);
  const wayOut = advice[code] ?? "See what KMS says of it in CloudTrail";
  return new MasterKeyFault(`${what} ${wayOut}.`);
};

/** `ECONNREFUSED` of the system. */
const systemCode = /^E(?!RR_)[A-Z_]+$/;

const isBusy = ({ code, status }: AwsFailure): boolean =>
  busyCodes.has(code) || (status === undefined ? systemCode.test(code) : status >= 500);
