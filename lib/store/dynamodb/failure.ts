import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";

/** The table could not take it now, and nothing was written: whoever asks again later may be lucky. */
export class StoreBusy extends Error {
  constructor(options?: ErrorOptions) {
    super("the store is too busy", options);
    this.name = "StoreBusy";
  }
}

/** Somebody else wrote first: what was assumed is to be read again. */
export const isLostRace = (error: unknown): boolean =>
  error instanceof ConditionalCheckFailedException || error instanceof TransactionConflictException;

const raceCodes: ReadonlySet<string | undefined> = new Set(["ConditionalCheckFailed", "TransactionConflict"]);
const busyCodes: ReadonlySet<string | undefined> = new Set([
  "ThrottlingError",
  "ProvisionedThroughputExceeded",
]);

/** Of a transaction that was cancelled, which of its items stood against it; undefined where that is not why it failed. */
export const refusedPlaces = (error: unknown): readonly number[] | undefined => {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  const reasons = error.CancellationReasons ?? [];
  const lost = reasons.flatMap(({ Code }, place) => (raceCodes.has(Code) ? [place] : []));
  if (lost.length > 0) return lost;
  if (reasons.some(({ Code }) => busyCodes.has(Code))) throw new StoreBusy({ cause: error });
  return undefined;
};
