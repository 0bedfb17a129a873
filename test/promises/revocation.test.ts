import { afterAll, expect, it } from "vitest";
import { cleanUp } from "../../bench/process.ts";
import { measureRevocation } from "../../bench/revocation.ts";

afterAll(cleanUp);

it("nothing that starts after the reply to a disable, a deletion or a rotation says valid, on either server", {
  timeout: 60_000,
}, async () => {
  const { late, verifications, sinceReply } = await measureRevocation(28, 16);
  expect(late).toBe(0);
  expect(Math.max(...sinceReply)).toBeLessThanOrEqual(0);
  expect(verifications).toBeGreaterThan(28 * 16 * 2);
});
