import type { House } from "../../house.ts";
import type { HttpRequest } from "../../http.ts";
import type { CallRecord } from "../record.ts";
import { corsHeaders } from "./cors.ts";

const habits = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
} as const;

/** The headers that every reply of the facade has, refusals included. */
export const habitHeaders = (
  request: HttpRequest,
  { corsOrigins }: Pick<House, "corsOrigins">,
  { requestId }: Pick<CallRecord, "requestId">,
): Record<string, string> => ({
  ...habits,
  ...corsHeaders(request, corsOrigins),
  "x-request-id": requestId,
});

/** The value of `Allow`: every GET answers a HEAD, and every path OPTIONS. */
export const allowed = (methods: readonly string[]): string =>
  [...methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])), "OPTIONS"].join(", ");
