import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { openTicker } from "../../lib/jobs/ticker.ts";

it("goes on after a round that threw, one round at a time", async () => {
  const errors: unknown[] = [];
  let rounds = 0;
  let atOnce = 0;
  const ticker = openTicker(
    async () => {
      rounds += 1;
      atOnce += 1;
      expect(atOnce).toBe(1);
      await sleep(5);
      atOnce -= 1;
      if (rounds === 1) throw new Error("the first one");
    },
    1,
    (error) => void errors.push(error),
  );
  await expect.poll(() => rounds).toBeGreaterThan(3);
  await ticker.close();
  const closedAt = rounds;
  await sleep(30);
  expect([rounds, errors.length]).toEqual([closedAt, 1]);
});
