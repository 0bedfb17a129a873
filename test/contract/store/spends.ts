import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import type { Take } from "../../../lib/store/port/budgets.ts";
import type { SharedStore } from "./opened.ts";
import { freshAccount } from "./samples.ts";

const until = "2026-07-01T00:01:00.000Z";
const minute: Take = {
  counter: "aione/1/requests",
  window: "2026-07-01T00:00",
  until,
  max: 10,
  by: 1,
  least: 1,
};
const quota: Take = {
  counter: "aione/1/lifetime",
  window: "lifetime",
  until: null,
  max: 100,
  by: 30,
  least: 30,
};

export const spendRules = (store: SharedStore): void => {
  const take = (account: AccountId, ...takes: readonly Take[]) => store().take(account, takes, true);
  const spent = (account: AccountId, ...takes: readonly Take[]) => store().readSpent(account, takes);

  describe("a budget", () => {
    it("gives no more than there is, however many take at once", async () => {
      const account = freshAccount();
      const taken = await Promise.all(Array.from({ length: 40 }, () => take(account, minute)));
      const admitted = taken.filter(({ refused }) => refused === null);
      expect(admitted.map(({ used }) => used[0]).sort((a = 0, b = 0) => a - b)).toEqual([
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
      ]);
      expect(await spent(account, minute)).toEqual([10]);
    });

    it("gives all that a call takes, or nothing", async () => {
      const account = freshAccount();
      await take(account, { ...quota, by: 90, least: 90 });
      expect(await take(account, minute, quota)).toMatchObject({
        refused: 1,
        granted: [0, 0],
        used: [0, 90],
      });
      expect(await spent(account, minute, quota)).toEqual([0, 90]);
    });

    it("gives what is left where less will do", async () => {
      const account = freshAccount();
      await take(account, { ...minute, by: 8, least: 8 });
      expect(await take(account, { ...minute, by: 5, least: 1 })).toEqual({
        refused: null,
        granted: [2],
        used: [10],
      });
      expect((await take(account, { ...minute, by: 5, least: 1 })).refused).toBe(0);
    });

    it("is of one account, counter and window", async () => {
      const [account, other] = [freshAccount(), freshAccount()];
      await take(account, minute);
      const elsewhere = [
        { ...minute, counter: "aione/2/requests" },
        { ...minute, window: "2026-07-01T00:01" },
      ];
      expect(await spent(account, minute, ...elsewhere)).toEqual([1, 0, 0]);
      expect(await spent(other, minute)).toEqual([0]);
    });

    it("is forgotten after its window, and a lifetime never", async () => {
      const account = freshAccount();
      await take(account, minute, quota);
      await store.forget(until);
      expect(await spent(account, minute, quota)).toEqual([1, 30]);
      await store.forget("2026-07-01T00:01:00.001Z");
      expect(await spent(account, minute, quota)).toEqual([0, 30]);
    });
  });

  describe("a settlement", () => {
    it("is taken once, however many send it at once, and moves the budgets with it", async () => {
      const account = freshAccount();
      await take(account, quota);
      const id = randomUUID();
      const move = { counter: quota.counter, window: quota.window, until: null, by: 12 };
      const taken = await Promise.all(
        Array.from({ length: 10 }, () => store().settle(account, id, until, [move])),
      );
      expect(taken.filter(Boolean)).toEqual([true]);
      expect(await spent(account, quota)).toEqual([42]);
      expect(await store().settle(freshAccount(), id, until, [])).toBe(true);
    });

    it("gives back what was taken, and never more", async () => {
      const account = freshAccount();
      await take(account, quota);
      const { counter, window } = quota;
      await store().settle(account, randomUUID(), until, [{ counter, window, until: null, by: -20 }]);
      expect(await spent(account, quota)).toEqual([10]);
      await store().settle(account, randomUUID(), until, [{ counter, window, until: null, by: -20 }]);
      expect(await spent(account, quota)).toEqual([0]);
    });
  });
};
