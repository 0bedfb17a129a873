import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { checkpointHolds } from "../../lib/audit/checkpoint.ts";
import { openCheckpointEmitter } from "../../lib/audit/emit.ts";
import type { Checkpoint } from "../../lib/schemas/checkpoint.ts";
import { callFacade, issueAccount } from "../support/facade.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";

let keyway: TestKeyway;
beforeEach(async () => {
  keyway = await startKeyway();
});
afterEach(() => keyway.stop());

describe("checkpoints", () => {
  it("are emitted for chains that grew, every hour and at the end, signed", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const taken: Checkpoint[] = [];
    const { store, checkpoints, clock } = keyway.house;
    const { jobHealth } = keyway.house;
    const emitter = openCheckpointEmitter(store, checkpoints, clock, (point) => taken.push(point), jobHealth);
    await vi.advanceTimersByTimeAsync(3_600_000);
    await vi.waitFor(() => expect(taken.map(({ seq }) => seq)).toEqual([1]));
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(taken).toHaveLength(1);
    await issueAccount(keyway);
    await emitter.close();
    expect(taken.map(({ seq }) => seq)).toEqual([1, 2]);
    vi.useRealTimers();
    for (const point of taken) expect(checkpointHolds(point, (await checkpoints()).publicKey)).toBe(true);
  });

  it("that cannot be emitted are told by the health, until they are again", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
    const { store, checkpoints, clock, jobHealth } = keyway.house;
    let isBroken = true;
    const signer = () => (isBroken ? Promise.reject(new TypeError("no key")) : checkpoints());
    const emitter = openCheckpointEmitter(store, signer, clock, () => undefined, jobHealth);
    const health = async () => (await callFacade(keyway, "GET", "/healthz")).body;
    await vi.advanceTimersByTimeAsync(3_600_000);
    const fault = { job: "checkpoints", reason: "TypeError", since: expect.any(String) };
    await vi.waitFor(async () => expect(await health()).toEqual({ status: "degraded", jobs: [fault] }));
    isBroken = false;
    await vi.advanceTimersByTimeAsync(3_600_000);
    await vi.waitFor(async () => expect(await health()).toEqual({ status: "ok" }));
    await emitter.close();
    vi.useRealTimers();
  });
});

describe("refusals", () => {
  it("of one principal, action, code and minute are one row with their number, and touch no chain", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-07-01T12:00:30Z") });
    const before = (await callFacade(keyway, "GET", "/v1/audit")).text;
    for (let count = 0; count < 5; count++) await callFacade(keyway, "DELETE", "/v1/credentials/none");
    await keyway.house.refusals.flush();
    for (let count = 0; count < 3; count++) await callFacade(keyway, "DELETE", "/v1/credentials/none");
    vi.setSystemTime(new Date("2026-07-01T12:01:00Z"));
    await callFacade(keyway, "DELETE", "/v1/credentials/none");
    const { body } = await callFacade(keyway, "GET", "/v1/audit/refusals");
    vi.useRealTimers();
    const row = {
      principal: "root",
      action: "keyway:DeleteCredential",
      code: "not_found",
      lastIp: "127.0.0.1",
    };
    expect(body).toMatchObject({
      items: [
        { ...row, minute: "2026-07-01T12:01Z", count: 1 },
        { ...row, minute: "2026-07-01T12:00Z", count: 8 },
      ],
      nextCursor: null,
    });
    expect((await callFacade(keyway, "GET", "/v1/audit")).text).toBe(before);
  });
});
