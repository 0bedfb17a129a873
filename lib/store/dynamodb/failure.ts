import { AwsFailure, isPassing, isThrottled, isUnsent } from "../../aws/failure.ts";
import { Refusal, Unavailable } from "../../errors.ts";
import type { Item } from "./row.ts";

export const unavailable = (outcome: Unavailable["outcome"], cause?: unknown): Unavailable =>
  new Unavailable(
    "The table of DynamoDB cannot be reached, or has too much to do. Try again later.",
    outcome,
    { cause },
  );

/** Of one row outside of a transaction: another one has it at this moment. */
export const isConflict = (error: unknown): boolean =>
  error instanceof AwsFailure && error.code === "TransactionConflictException";

/** Somebody else wrote first: what was assumed is to be read again. */
export const isLostRace = (error: unknown): error is AwsFailure =>
  error instanceof AwsFailure &&
  (error.code === "ConditionalCheckFailedException" ||
    error.code === "TransactionConflictException" ||
    (error.code === "TransactionCanceledException" && reasonsOf(error).some((reason) => races.has(reason))));

const races: ReadonlySet<string> = new Set(["ConditionalCheckFailed", "TransactionConflict"]);
const throttles: ReadonlySet<string> = new Set(["ThrottlingError", "ProvisionedThroughputExceeded"]);

/** Of each item of a transaction, what is told of why it stood against it. */
const toldOfEach = ({ details }: AwsFailure, what: "Code" | "Message"): readonly string[] => {
  const { CancellationReasons: reasons } = details;
  if (!Array.isArray(reasons)) return [];
  return reasons.map((reason: unknown) => String(Object(reason)[what]));
};

/** `None`, or a code. */
const reasonsOf = (failure: AwsFailure): readonly string[] => toldOfEach(failure, "Code");

/** DynamoDB has no code for it: it is a `ValidationException`, or in a transaction a `ValidationError`. */
const isTooLarge = (failure: AwsFailure): boolean =>
  // On the wire its name is written either way.
  [failure.details.message, failure.details.Message, ...toldOfEach(failure, "Message")].some((message) =>
    String(message).includes("size has exceeded"),
  );

/** The row that a condition did not hold of, where the call asked for it. */
export const rowAgainst = ({ details }: AwsFailure): Item | undefined => {
  const { Item: item } = details;
  return typeof item === "object" && item !== null ? { ...item } : undefined;
};

const howToAsk =
  "The table of DynamoDB cannot be asked: AWS's region or credentials are missing. Set AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.";

/** What the client gave up on, in the store's words; what is our own fault stays as it is. */
export const toldOf = (error: unknown, kind: "read" | "write"): unknown => {
  if (!(error instanceof AwsFailure)) return error;
  // Where credentials come by the network, they may come later.
  if (isUnsent(error)) return new Unavailable(howToAsk, "nothing", { cause: error });
  const isBusy =
    isThrottled(error) ||
    (error.code === "TransactionCanceledException" &&
      reasonsOf(error).some((reason) => throttles.has(reason)));
  if (isBusy) return unavailable("nothing", error);
  if (kind === "write" && isTooLarge(error)) {
    return new Refusal("body_too_large", "Of one key or document, the store keeps 400 KB at most.");
  }
  if (!isPassing(error)) return error;
  // A write that was not answered may have been done.
  return unavailable(kind === "read" ? "nothing" : "unknown", error);
};
