import type { HttpRequest } from "../../http.ts";

/** Of the configured origins only, and never `*`: a token in a page is the page's to send, not every page's. */
export const corsHeaders = (
  request: HttpRequest,
  origins: readonly string[],
): Readonly<Record<string, string>> => {
  const { origin } = request.headers;
  if (origins.length === 0) return {};
  if (origin === undefined || !origins.includes(origin)) return { vary: "Origin" };
  const exposed =
    "ETag, Idempotency-Replayed, Keyway-Receipt, Keyway-Stopped-At, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";
  return {
    vary: "Origin",
    "access-control-allow-origin": origin,
    "access-control-expose-headers": exposed,
    ...(request.method === "OPTIONS" && {
      "access-control-allow-methods": "GET, POST, PATCH, DELETE",
      "access-control-allow-headers":
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Traceparent",
      "access-control-max-age": "600",
    }),
  };
};
