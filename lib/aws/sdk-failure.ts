import { AwsFailure, missingRegion } from "./failure.ts";

interface Metadata {
  readonly httpStatusCode?: number;
  readonly requestId?: string;
}

/** What the SDK threw, in our words: its errors are classes of each client, and lead to the request that they are of. */
export const failureOf = (error: unknown): AwsFailure => {
  if (!(error instanceof Error)) return new AwsFailure("an unknown failure");
  const { $metadata, $fault, ...details } = error as Error & {
    readonly $metadata?: Metadata;
    readonly $fault?: string;
  };
  // It has no name of its own.
  if (error.message === "Region is missing") return new AwsFailure(missingRegion);
  const isAnswer = $fault !== undefined;
  const code = !isAnswer && "code" in error && typeof error.code === "string" ? error.code : error.name;
  return new AwsFailure(
    code,
    isAnswer ? $metadata?.httpStatusCode : undefined,
    $metadata?.requestId,
    isAnswer ? details : {},
  );
};
