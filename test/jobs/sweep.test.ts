import { afterAll, beforeAll, expect, it } from "vitest";
import type { Job } from "../../lib/jobs/job.ts";
import { leaseMs } from "../../lib/jobs/job.ts";
import { sweep } from "../../lib/jobs/sweep.ts";
import type { DocumentRecord } from "../../lib/store/port/records.ts";
import { progressMax } from "../../lib/store/port/unit.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../support/keyway.ts";

let keyway: TestKeyway;
let other: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
  other = await startKeyway({ folder: keyway.folder, root: keyway.root });
});
afterAll(async () => {
  await other.stop();
  await keyway.stop();
});

const start = Date.parse("2026-07-01T12:00:00.000Z");
const at = (seconds: number): Date => new Date(start + seconds * 1000);

const round = ({ house }: TestKeyway, job: Job, now: Date, until = new Date(now.getTime() + 50_000)) =>
  sweep({ store: house.store, clock: () => now, health: house.jobHealth }, [job], until);

const document = (kind: string, id: string, due: Date): DocumentRecord => ({
  account: rootAccount,
  provider: "",
  kind,
  id,
  region: "",
  version: 1,
  body: {},
  due: due.toISOString(),
});

const put = ({ house }: TestKeyway, ...records: readonly DocumentRecord[]): Promise<void> =>
  house.store.progress(records.map((record) => ({ type: "insertDocument", record })));

const done = ({ due: _, ...record }: DocumentRecord): DocumentRecord => ({
  ...record,
  version: record.version + 1,
});

const finish = ({ house }: TestKeyway, held: DocumentRecord): Promise<void> =>
  house.store.progress([{ type: "replaceDocument", record: done(held), expectedVersion: held.version }]);

const health = async ({ url }: TestKeyway): Promise<unknown> => (await fetch(`${url}/healthz`)).json();

it("a step is taken once, by whichever of two processes is first", async () => {
  const many = Array.from({ length: 60 }, (_, n) => document("once", `d${n}`, at(n % 7)));
  for (let from = 0; from < many.length; from += progressMax) {
    await put(keyway, ...many.slice(from, from + progressMax));
  }
  const taken: string[] = [];
  const jobOf = (by: TestKeyway): Job => ({
    kind: "once",
    run: async (held) => {
      taken.push(held.id);
      await finish(by, held);
    },
  });
  await Promise.all([round(keyway, jobOf(keyway), at(7)), round(other, jobOf(other), at(7))]);
  expect(taken.toSorted()).toEqual(Array.from({ length: 60 }, (_, n) => `d${n}`).toSorted());
});

it("a step whose process stopped is taken up when its lease is over, and not before", async () => {
  await put(keyway, document("stopped", "one", at(0)));
  const never: Job = { kind: "stopped", run: () => new Promise(() => undefined) };
  void round(keyway, never, at(1));
  await expect
    .poll(async () => (await keyway.house.store.readDocument(rootAccount, "", "stopped", "one"))?.version)
    .toBe(2);
  const taken: number[] = [];
  const job: Job = {
    kind: "stopped",
    run: async (held) => {
      taken.push(held.version);
      await finish(other, held);
    },
  };
  await round(other, job, at(2));
  expect(taken).toEqual([]);
  await round(other, job, new Date(start + leaseMs + 1000));
  expect(taken).toEqual([3]);
});

it("who lost the lease writes nothing more, and that is no fault", async () => {
  await put(keyway, document("late", "one", at(0)));
  const job: Job = {
    kind: "late",
    run: async (held) => {
      await finish(other, held);
      await finish(keyway, held);
    },
  };
  await round(keyway, job, at(1));
  expect((await keyway.house.store.readDocument(rootAccount, "", "late", "one"))?.version).toBe(3);
  expect(await keyway.house.jobHealth.faults()).toEqual([]);
});

it("a job that fails says so in the health and in an event until it has worked, and stops no other document", async () => {
  const { house } = keyway;
  const before = await house.store.lastEventSeq(rootAccount);
  await put(keyway, document("bad", "poison", at(0)), document("bad", "fine", at(1)));
  const run: string[] = [];
  let isBroken = true;
  const job: Job = {
    kind: "bad",
    run: async (held) => {
      run.push(held.id);
      if (held.id === "poison" && isBroken) throw new TypeError("a secret word");
      await finish(keyway, held);
    },
  };
  const rounds = (now: Date): Promise<void> =>
    sweep(
      { store: house.store, clock: () => now, health: house.jobHealth },
      [job],
      new Date(now.getTime() + 1),
    );
  expect(await health(keyway)).toEqual({ status: "ok" });
  await rounds(at(2));
  expect(run.toSorted()).toEqual(["fine", "poison"]);
  const fault = { job: "bad", reason: "TypeError", since: expect.any(String) };
  // Whichever process is asked.
  expect(await health(other)).toEqual({ status: "degraded", jobs: [fault] });
  await rounds(at(3));
  expect(run).toHaveLength(2);
  isBroken = false;
  await rounds(at(2 + leaseMs / 1000));
  expect(run).toHaveLength(3);
  const events = await house.store.readEvents(rootAccount, before, 10);
  expect(events.map(({ type, subject }) => [type, subject])).toEqual([["job.failed", "job/bad"]]);
  // Its record goes when it works: the next fault would begin at 1 again.
  expect(events.map(({ version }) => version)).toEqual(events.map(({ time }) => Date.parse(time)));
  expect(JSON.stringify(events)).not.toContain("secret word");
  expect(keyway.log()).not.toContain("secret word");
});

it("a job that goes on failing says so again, where a process that began meanwhile found nothing to do", async () => {
  await put(keyway, document("torn", "poison", at(0)));
  let isBroken = true;
  const job: Job = {
    kind: "torn",
    run: async (held) => {
      if (isBroken) throw new TypeError("still");
      await finish(keyway, held);
    },
  };
  const jobs = async () => (await keyway.house.jobHealth.faults()).map((one) => one.job);
  await round(keyway, job, at(1));
  expect(await jobs()).toContain("torn");
  await round(other, job, at(2));
  await round(keyway, job, at(2 + leaseMs / 1000));
  expect(await jobs()).toContain("torn");
  isBroken = false;
  await round(keyway, job, at(3 + (2 * leaseMs) / 1000));
  await round(other, job, at(4 + (2 * leaseMs) / 1000));
});

it("what is due later is not touched, and a round ends when its time is over", async () => {
  await put(keyway, document("timed", "later", at(100)), document("timed", "now", at(0)));
  const run: string[] = [];
  const job: Job = {
    kind: "timed",
    run: async (held) => {
      run.push(held.id);
      await finish(keyway, held);
    },
  };
  await round(keyway, job, at(1), at(1));
  expect(run).toEqual([]);
  await round(keyway, job, at(2));
  expect(run).toEqual(["now"]);
});
