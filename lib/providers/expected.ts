import { Refusal } from "../errors.ts";

/** The versions that a caller would change: what has none of them any more stays as it is. Null for any. */
export type Expected = readonly number[] | null;

export const isExpected = (version: number, expected: Expected): boolean =>
  expected === null || expected.includes(version);

export const checkExpected = ({ version }: { readonly version: number }, expected: Expected): void => {
  if (isExpected(version, expected)) return;
  throw new Refusal("version_mismatch", "The key was changed since it was read. Read it again.");
};
