import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Probed } from "../../lib/providers/upstream/data-plane.ts";
import { look, refusalsWanted, stepAfter } from "../../lib/receipts/probing.ts";
import type { Receipt } from "../../lib/schemas/receipt.ts";

const start = Date.parse("2026-07-01T12:00:00.000Z");
const at = (seconds: number): Date => new Date(start + seconds * 1000);

/** Each probe and each pause takes a second. */
const looked = async (answers: readonly Probed[]) => {
  let now = 0;
  const left = [...answers];
  const found = await look(
    async () => {
      now += 1;
      return left.shift() ?? "unclear";
    },
    () => at(now),
    async () => {
      now += 1;
    },
  );
  return { found, asked: answers.length - left.length };
};

describe("a look", () => {
  it("takes five refusals in a row for the end, and the first of them for its time", async () => {
    const { found } = await looked(["refused", "refused", "refused", "refused", "refused"]);
    expect(found).toEqual({ type: "dead", at: at(1), attempts: 5 });
  });

  it("believes nothing but that, whatever the answers are", async () => {
    const answer = fc.constantFrom<Probed>("refused", "refused", "refused", "accepted", "unclear");
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 8 }), async (answers) => {
        const { found, asked } = await looked(answers);
        const first = answers.slice(0, refusalsWanted);
        const isDead = first.length === refusalsWanted && first.every((one) => one === "refused");
        expect(found.type === "dead").toBe(isDead);
        expect(asked).toBeLessThanOrEqual(refusalsWanted);
        expect(found.attempts).toBeGreaterThanOrEqual(asked);
      }),
    );
  });
});

const receipt: Receipt = {
  id: "rcp-000000000000-0000000000000000",
  provider: "tokenhub",
  key: "ak-1",
  generation: null,
  cause: "disabled",
  stoppedAt: null,
  answeredAt: at(0).toISOString(),
  evidence: "probe",
  state: "probing",
  attempts: 2,
  unproven: null,
};
const alive = { type: "alive", attempts: 1 } as const;
const unclear = { type: "unclear", attempts: 1 } as const;
const world = { usualMs: 60_000, isRevived: false };

describe("after a look", () => {
  it("a dead key is told with its time, late or not", () => {
    const dead = { type: "dead", at: at(70), attempts: 5 } as const;
    for (const state of ["probing", "late"] as const) {
      expect(stepAfter({ ...receipt, state }, dead, { ...world, now: at(75) })).toEqual({
        type: "ended",
        receipt: { ...receipt, state: "done", stoppedAt: at(70).toISOString(), attempts: 7 },
        event: "key.stopped",
      });
    }
  });

  it("one that works is late once, after the usual time, and no answer is no proof that it works", () => {
    const step = (
      found: typeof alive | typeof unclear,
      seconds: number,
      state: Receipt["state"] = "probing",
    ) => stepAfter({ ...receipt, state }, found, { ...world, now: at(seconds) }).type;
    expect([step(alive, 59), step(alive, 60), step(unclear, 60)]).toEqual(["again", "late", "again"]);
    expect(step(alive, 61, "late")).toBe("again");
  });

  it("refusals are no proof of a key that nobody saw accepted, until somebody does", () => {
    const dead = { type: "dead", at: at(70), attempts: 5 } as const;
    const unseen: Receipt = { ...receipt, unproven: "unclear_before" };
    expect(stepAfter(unseen, dead, { ...world, now: at(75) })).toEqual({
      type: "ended",
      receipt: { ...unseen, state: "gave_up", attempts: 7 },
      event: "key.probing_gave_up",
    });
    const again = stepAfter(unseen, unclear, { ...world, now: at(75) });
    expect(again).toMatchObject({ type: "again", receipt: { unproven: "unclear_before" } });
    const seen = stepAfter(unseen, alive, { ...world, now: at(75) });
    expect(seen).toMatchObject({ type: "late", receipt: { unproven: null } });
    expect(stepAfter(seen.receipt, dead, { ...world, now: at(80) })).toMatchObject({
      receipt: { state: "done", stoppedAt: at(70).toISOString() },
    });
  });

  it("one that was enabled again is no news", () => {
    expect(stepAfter(receipt, alive, { ...world, now: at(90), isRevived: true })).toMatchObject({
      type: "ended",
      receipt: { state: "revived", stoppedAt: null },
      event: null,
    });
  });

  it("it is asked less and less, at most some hundreds of times in a day, and given up then", () => {
    let [now, looks] = [0, 0];
    let current = receipt;
    for (;;) {
      looks += 1;
      const step = stepAfter(current, unclear, { ...world, now: at(now) });
      current = step.receipt;
      if (step.type === "ended") break;
      const due = Math.round(Date.parse(step.due) - start) / 1000;
      expect(due - now).toBeGreaterThanOrEqual(1);
      expect(due - now).toBeLessThanOrEqual(600.001);
      now = due;
    }
    expect(current).toMatchObject({ state: "gave_up", stoppedAt: null });
    expect(now).toBeGreaterThanOrEqual(86_400);
    expect(looks).toBeLessThan(300);
  });
});
