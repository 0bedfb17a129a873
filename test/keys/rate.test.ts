import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rateLimiter } from "../../lib/keys/rate.ts";

describe("rateLimiter", () => {
  it("admits the limit in a second and says the limit to the next call", () => {
    const limiter = rateLimiter(20);
    const verdicts = Array.from({ length: 21 }, () => limiter.exceeded("a", 1_000));
    expect(verdicts.slice(0, 20)).toEqual(Array(20).fill(undefined));
    expect(verdicts[20]).toBe(20);
  });

  it("counts names apart", () => {
    const limiter = rateLimiter(1);
    expect(limiter.exceeded("a", 0)).toBeUndefined();
    expect(limiter.exceeded("b", 0)).toBeUndefined();
  });

  it("never admits more than the limit in any second, edges of seconds included", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (gaps) => {
        const limiter = rateLimiter(5);
        const admitted: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          if (limiter.exceeded("a", now) === undefined) admitted.push(now);
        }
        for (const start of admitted) {
          expect(admitted.filter((time) => time >= start && time < start + 1000).length).toBeLessThanOrEqual(
            5,
          );
        }
      }),
    );
  });

  it("lets a caller in again that kept knocking meanwhile", () => {
    const limiter = rateLimiter(1);
    limiter.exceeded("a", 0);
    for (let now = 1; now < 1000; now++) expect(limiter.exceeded("a", now)).toBe(1);
    expect(limiter.exceeded("a", 1000)).toBeUndefined();
  });

  it("is off at 0", () => {
    const limiter = rateLimiter(0);
    for (let call = 0; call < 100; call++) expect(limiter.exceeded("a", 0)).toBeUndefined();
  });

  it("keeps a bounded number of names that are in use", () => {
    const limiter = rateLimiter(1);
    for (let name = 0; name < 30_000; name++) limiter.exceeded(String(name), name * 1000);
    expect(limiter.exceeded("0", 30_000_000)).toBeUndefined();
  });

  it("shuts nobody out when the clock is set back", () => {
    const limiter = rateLimiter(2);
    for (let call = 0; call < 2; call++) limiter.exceeded("a", 3_600_000);
    expect(limiter.exceeded("a", 3_600_000)).toBe(2);
    expect(limiter.remaining("a", 0)).toBe(2);
    expect([limiter.exceeded("a", 0), limiter.exceeded("a", 0), limiter.exceeded("a", 0)]).toEqual([
      undefined,
      undefined,
      2,
    ]);
  });
});
