import { describe, expect, it } from "vitest";
import { follow, genesis } from "../../../lib/audit/chain.ts";
import { type ChainName, readingsOf } from "../../../lib/audit/chain-name.ts";
import type { ChainHead } from "../../../lib/audit/entry.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import { auditDraft, commit, freshAccount, unitOf } from "./samples.ts";

/** Walks an account's chain from its start in pages; throws at the first fault. */
export const followChain = async (store: Store, chain: ChainName): Promise<ChainHead> => {
  let head = genesis;
  for (;;) {
    const entries = await store.readAudit(chain, head.seq, 100);
    if (entries.length === 0) return head;
    const walked = follow(chain, head, entries);
    if (walked.fault !== undefined) throw new Error(`${walked.fault.kind} at ${walked.fault.seq}`);
    head = walked.head;
  }
};

export const chainRules = (store: () => Store): void => {
  describe("the audit chain", () => {
    it("begins at the genesis", async () => {
      const account = freshAccount();
      expect(await store().readAuditHead(account)).toEqual(genesis);
      expect(await store().readAudit(account, 0, 10)).toEqual([]);
    });

    it("verifies over many commits, together and one by one, of several accounts", async () => {
      const accounts = [freshAccount(), freshAccount(), freshAccount()];
      for (let round = 0; round < 5; round += 1) {
        await Promise.all(
          accounts.flatMap((account) => Array.from({ length: 15 }, () => commit(store(), account))),
        );
        for (const account of accounts) await commit(store(), account);
      }
      for (const account of accounts) {
        const head = await store().readAuditHead(account);
        expect(head.seq).toBe(80);
        expect(await followChain(store(), account)).toEqual(head);
      }
    });

    it("answers each commit with the head that its entry made", async () => {
      const account = freshAccount();
      const heads = await Promise.all(Array.from({ length: 10 }, () => commit(store(), account)));
      const entries = await store().readAudit(account, 0, 100);
      expect(entries.map(({ seq, hash }) => ({ seq, hash }))).toEqual(heads);
    });

    it("keeps the text of a draft as it was", async () => {
      const account = freshAccount();
      const audit = auditDraft("keyway:ReadSecrets");
      await store().commit({ ...unitOf(account), audit });
      const [entry] = await store().readAudit(account, 0, 1);
      expect(entry?.text).toBe(JSON.stringify(audit));
    });

    it("is read in pages in both directions", async () => {
      const account = freshAccount();
      await Promise.all(Array.from({ length: 7 }, () => commit(store(), account)));
      const seqs = async (entries: ReturnType<Store["readAudit"]>) => (await entries).map(({ seq }) => seq);
      expect(await seqs(store().readAudit(account, 0, 3))).toEqual([1, 2, 3]);
      expect(await seqs(store().readAudit(account, 5, 3))).toEqual([6, 7]);
      expect(await seqs(store().readAudit(account, 7, 3))).toEqual([]);
      expect(await seqs(store().readAuditBackwards(account, null, 3))).toEqual([7, 6, 5]);
      expect(await seqs(store().readAuditBackwards(account, 3, 3))).toEqual([2, 1]);
      expect(await seqs(store().readAuditBackwards(account, 1, 3))).toEqual([]);
    });

    it("of readings is beside that of changes: neither moves the other, and no entry is of both", async () => {
      const account = freshAccount();
      const read = () => store().recordReading(account, auditDraft("keyway:ReadSecrets"));
      const change = () => commit(store(), account);
      const heads = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? read() : change())),
      );
      for (const first of [0, 1]) {
        expect(heads.filter((_, n) => n % 2 === first).map(({ seq }) => seq)).toEqual([
          1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
        ]);
      }
      expect(await followChain(store(), account)).toEqual(heads.at(-1));
      expect(await followChain(store(), readingsOf(account))).toEqual(heads.at(-2));
      const [entry] = await store().readAudit(account, 0, 1);
      const moved = follow(readingsOf(account), genesis, entry === undefined ? [] : [entry]);
      expect(moved.fault).toEqual({ kind: "broken", seq: 1 });
    });

    it("is listed by its head, one per account and what it has beside it", async () => {
      const [one, two] = [freshAccount(), freshAccount()];
      const head = await commit(store(), one);
      await commit(store(), two);
      const heads = await store().listAuditHeads();
      expect(heads.filter(({ chain }) => chain === one)).toEqual([{ chain: one, ...head }]);
      expect(heads.filter(({ chain }) => chain === two)).toHaveLength(1);
      const read = await store().recordReading(two, auditDraft("keyway:ReadSecrets"));
      const more = (await store().listAuditHeads()).filter(({ chain }) => chain === readingsOf(two));
      expect(more).toEqual([{ chain: readingsOf(two), ...read }]);
    });
  });
};
