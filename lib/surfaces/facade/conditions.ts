import { Refusal } from "../../errors.ts";
import type { HttpRequest } from "../../http.ts";
import type { Operation } from "../../operation.ts";
import type { Expected } from "../../providers/expected.ts";

/** A strong validator, of the version alone (RFC 9110, section 8.8). */
export const etagOf = (version: number): string => `"${version}"`;

/**
 * The version that a validator names: one that is not one of ours, or a weak one, names none. `"01"` is another
 * validator than `"1"`, because they are compared as texts (RFC 9110, section 8.8.3.2).
 */
const versionOf = (tag: string): number | undefined => {
  const version = Number(tag.slice(1, -1));
  return Number.isSafeInteger(version) && version >= 0 && etagOf(version) === tag ? version : undefined;
};

/** The versions that `If-Match` names, one or a list (RFC 9110, section 13.1.1): with none of ours it matches nothing. */
export const expectedVersions = (request: HttpRequest, operation: Operation): Expected => {
  const header = request.headers["if-match"]?.trim();
  if (operation.precondition === undefined || header === "*") return null;
  if (header === undefined) {
    if (operation.precondition === "optional") return null;
    throw new Refusal(
      "precondition_missing",
      "Say which version you change: send the `ETag` of your last reading as `If-Match`, or `If-Match: *` for any.",
    );
  }
  const named = header.split(",").map((tag) => versionOf(tag.trim()));
  const versions = named.filter((version) => version !== undefined);
  if (versions.length > 0) return versions;
  throw new Refusal(
    "version_mismatch",
    "The `If-Match` is not an `ETag` that was given out, quotes included.",
  );
};

/** Whether the caller has this version already. */
export const isKnown = (request: HttpRequest, etag: string): boolean => {
  const header = request.headers["if-none-match"];
  if (header === undefined) return false;
  const known = header.split(",").map((one) => one.trim().replace(/^W\//, ""));
  return known.includes("*") || known.includes(etag);
};
