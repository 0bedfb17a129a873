import { Refusal } from "../../errors.ts";
import type { HttpRequest } from "../../http.ts";
import { parseJson } from "../json.ts";

/** A door may let in less, and Lambda's lets in more. */
const bodyBytesMax = 1024 * 1024;

/** An absent body is an empty object. */
export const readBody = (request: HttpRequest): unknown => {
  if (request.bodyTooLarge || request.body.length > bodyBytesMax)
    throw new Refusal("body_too_large", "The body is larger than 1 MB.");
  if (request.body.length === 0) return {};
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    throw new Refusal("media_type_unsupported", "Send the body as `application/json`.");
  }
  const value = parseJson(request.body);
  if (isDeeper(value, depthMax)) {
    throw new Refusal("body_malformed", "The request body is nested too deeply.");
  }
  return value;
};

/** Nothing described is nested deeper; what walks through a body later, schemas among it, does so by recursion. */
const depthMax = 32;

const isDeeper = (value: unknown, depth: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (depth === 0 || Object.values(value).some((inner) => isDeeper(inner, depth - 1)));
