import { type ErrorCode, errorTable, type Refusal } from "../../errors.ts";
import type { HttpReply } from "../../http.ts";
import { InputFault } from "../../schemas/issues.ts";
import { fieldErrors, jsonInvalid, validationErrors } from "./validation.ts";

const json = (status: number, headers: Readonly<Record<string, string>>, body: unknown): HttpReply => ({
  status,
  headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  body: JSON.stringify(body),
});

/** In the framework's own words where it has some (inferred). */
const details: Readonly<Partial<Record<ErrorCode, string>>> = {
  route_unknown: "Not Found",
  method_not_allowed: "Method Not Allowed",
  not_found: "Key not found",
};

/** A refusal of the management plane: FastAPI's `detail`, a text or, for a body that does not fit, a list. */
export const managementError = (refusal: Refusal | undefined): HttpReply => {
  if (refusal === undefined) return json(500, {}, { detail: "Internal Server Error" });
  if (refusal instanceof InputFault) return json(422, {}, { detail: validationErrors(refusal) });
  if (refusal.code === "body_malformed") return json(422, {}, { detail: [jsonInvalid] });
  if (refusal.issues.length > 0) return json(422, {}, { detail: fieldErrors(refusal.issues) });
  // A list is what 422 means here, so a limit that is reached is told as a conflict.
  const { status } = refusal.code === "key_limit_reached" ? { status: 409 } : errorTable[refusal.code];
  return json(status, refusal.headers, { detail: details[refusal.code] ?? refusal.message });
};

const dataCodes: Readonly<Record<number, readonly [type: string, code: string]>> = {
  401: ["authentication_error", "invalid_api_key"],
  403: ["permission_error", "permission_denied"],
  404: ["invalid_request_error", "not_found"],
  405: ["invalid_request_error", "method_not_allowed"],
};

/** A refusal of the data plane: the form of OpenAI. */
export const dataError = (refusal: Refusal | undefined): HttpReply => {
  const status = refusal === undefined ? 500 : errorTable[refusal.code].status;
  const [type, code] =
    dataCodes[status] ??
    (status < 500 ? ["invalid_request_error", "invalid_request"] : ["api_error", "internal_error"]);
  const message = refusal?.message ?? "Internal error. Try again.";
  return json(status, refusal?.headers ?? {}, { error: { message, type, code } });
};
