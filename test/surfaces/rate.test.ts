import { expect, it } from "vitest";
import { Refusal } from "../../lib/errors.ts";
import { rateLimiter } from "../../lib/keys/rate.ts";
import { admit } from "../../lib/surfaces/facade/rate.ts";

const [now, later] = [new Date("2026-01-01T00:00:00Z"), new Date("2026-01-01T00:00:01Z")];

const headersOf = (of: () => Readonly<Record<string, string>>): unknown => {
  try {
    return of();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [error.code, error.headers];
  }
};

it("a credential is told how many more calls it has, and refused when there are none, for a second", () => {
  const limiter = rateLimiter(2);
  const ask = (credential: string, at: Date): unknown => headersOf(() => admit(limiter, credential, at));
  const policy = { "ratelimit-policy": '"credential";q=2;w=1' };
  expect(ask("one", now)).toEqual({ ...policy, ratelimit: '"credential";r=1;t=1' });
  expect(ask("one", now)).toEqual({ ...policy, ratelimit: '"credential";r=0;t=1' });
  expect(ask("one", now)).toEqual([
    "rate_limited",
    { ...policy, ratelimit: '"credential";r=0;t=1', "retry-after": "1" },
  ]);
  expect(ask("another", now)).toEqual({ ...policy, ratelimit: '"credential";r=1;t=1' });
  expect(ask("one", later)).toEqual({ ...policy, ratelimit: '"credential";r=1;t=1' });
});

it("without a limit nothing is told and nobody refused", () => {
  const limiter = rateLimiter(0);
  for (let call = 0; call < 5; call++) expect(admit(limiter, "one", now)).toEqual({});
});
