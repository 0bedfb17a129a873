import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { openUpkeep } from "../../lib/jobs/upkeep.ts";
import { callFacade } from "../support/facade.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../support/keyway.ts";

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

it.each([
  ["usage", 60_000, { sumUpUsage: () => Promise.reject(new RangeError("full")) }],
  ["pruning", 600_000, { pruneEnded: () => Promise.reject(new RangeError("full")) }],
])("%s that fails is told to who watches the server, and in an event", async (job, ms, broken) => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const { house } = keyway;
  const upkeep = openUpkeep({ ...house, store: { ...house.store, ...broken } });
  vi.advanceTimersByTime(ms);
  upkeep.close();
  await expect
    .poll(async () => (await callFacade(keyway, "GET", "/healthz", { token: null })).body)
    .toMatchObject({ status: "degraded", jobs: expect.arrayContaining([expect.objectContaining({ job })]) });
  const events = await house.store.readEvents(rootAccount, 0, 100);
  expect(events).toContainEqual(
    expect.objectContaining({ type: "job.failed", data: { job, reason: "RangeError" } }),
  );
});
