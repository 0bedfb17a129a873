import { Refusal } from "../../errors.ts";
import type { RateLimiter } from "../../keys/rate.ts";

/**
 * Lets the call of a credential in, and tells how many more there may be
 * (draft-ietf-httpapi-ratelimit-headers). All of the facade is one quota: it protects the house, not a wire's promise.
 */
export const admit = (
  limiter: RateLimiter,
  credential: string,
  now: Date,
): Readonly<Record<string, string>> => {
  if (limiter.limit === 0) return {};
  const exceeded = limiter.exceeded(credential, now.getTime());
  const policy = `"credential";q=${limiter.limit};w=1`;
  if (exceeded === undefined) {
    const remaining = limiter.remaining(credential, now.getTime());
    return { "ratelimit-policy": policy, ratelimit: `"credential";r=${remaining};t=1` };
  }
  throw new Refusal("rate_limited", `A credential may make ${limiter.limit} calls in a second.`, {
    headers: { "ratelimit-policy": policy, ratelimit: '"credential";r=0;t=1', "retry-after": "1" },
  });
};
