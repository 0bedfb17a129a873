import { describe, expect, it } from "vitest";
import type { RefusalCount } from "../../../lib/audit/entry.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import { freshAccount } from "./samples.ts";

const refusal = (account: string, change: Partial<RefusalCount> = {}): RefusalCount => ({
  account,
  principal: "cr_1",
  minute: "2026-07-01T00:00Z",
  action: "tokenhub:CreateApiKey",
  code: "forbidden",
  count: 1,
  lastIp: "192.0.2.1",
  lastRequestId: "request-1",
  ...change,
});

export const refusalRules = (store: () => Store): void => {
  describe("refusals", () => {
    it("add up per principal, minute, action and code, and keep the last of each", async () => {
      const account = freshAccount();
      const later = { count: 3, lastIp: "192.0.2.9", lastRequestId: "request-9" };
      await store().addRefusals([refusal(account), refusal(account, { count: 5 })]);
      await store().addRefusals([refusal(account, later)]);
      const { items } = await store().listRefusals(account, null, 10);
      expect(items).toEqual([refusal(account, { ...later, count: 9 })]);
      for (const change of [
        { principal: "cr_2" },
        { action: "other" },
        { code: "other" },
        { minute: "2026-07-02T00:00Z" },
      ])
        await store().addRefusals([refusal(account, change)]);
      expect((await store().listRefusals(account, null, 10)).items).toHaveLength(5);
    });

    it("of one moment all count", async () => {
      const account = freshAccount();
      await Promise.all(Array.from({ length: 30 }, () => store().addRefusals([refusal(account)])));
      expect((await store().listRefusals(account, null, 10)).items).toMatchObject([{ count: 30 }]);
    });

    it("may be none", async () => {
      await expect(store().addRefusals([])).resolves.toBeUndefined();
    });

    it("are listed newest first, in pages, per account", async () => {
      const account = freshAccount();
      const rows = Array.from({ length: 7 }, (_, n) =>
        refusal(account, { minute: `2026-07-01T00:0${n >> 1}Z`, principal: `cr_${n}` }),
      );
      await store().addRefusals([...rows, refusal(freshAccount())]);
      const listed: RefusalCount[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<Store["listRefusals"]>> = await store().listRefusals(
          account,
          after,
          2,
        );
        listed.push(...page.items);
        after = page.next;
      } while (after !== null);
      expect(listed).toHaveLength(7);
      expect(listed).toEqual(expect.arrayContaining(rows));
      const minutes = listed.map(({ minute }) => minute);
      expect(minutes).toEqual([...minutes].sort().reverse());
    });

    it("refuse a cursor that is none", async () => {
      await expect(store().listRefusals(freshAccount(), "WzFd", 2)).rejects.toThrow(new RangeError("cursor"));
    });
  });
};
