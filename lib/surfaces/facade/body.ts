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
  return parseJson(request.body);
};
