import { Refusal } from "../../errors.ts";
import type { HttpRequest } from "../../http.ts";
import type { Operation } from "../../operation.ts";

/** A strong validator, of the version alone (RFC 9110, section 8.8). */
export const etagOf = (version: number): string => `"${version}"`;

const strong = /^"(\d{1,16})"$/;

/**
 * The version that `If-Match` names; null for any. A validator that is not one of ours, or a weak one, matches nothing,
 * so the change does not happen.
 */
export const expectedVersion = (request: HttpRequest, operation: Operation): number | null => {
  const header = request.headers["if-match"]?.trim();
  if (operation.precondition === undefined || header === "*") return null;
  if (header === undefined || header === "") {
    if (operation.precondition === "optional") return null;
    throw new Refusal(
      "precondition_missing",
      "Say which version you change: send the `ETag` of your last reading as `If-Match`, or `If-Match: *` for any.",
    );
  }
  const version = strong.exec(header)?.[1];
  if (version !== undefined) return Number(version);
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
