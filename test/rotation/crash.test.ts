import { randomBytes } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { sweepRound } from "../../functions/jobs/sweep.ts";
import { verifyAudit } from "../../lib/audit/verify.ts";
import { facadeOf } from "../support/facade-client.ts";
import {
  type Credentials,
  madeUpRoot,
  startKeyway,
  type TestKeyway,
  temporaryFolder,
} from "../support/keyway.ts";
import { type KeywayProcess, spawnKeyway } from "../support/process.ts";

/**
 * Keyway is killed at every point of a rotation, between any two calls of the real system and before and after every
 * commit; another one goes on where it stopped.
 */

const services = ["tokenhub", "apigateway"] as const;
type Service = (typeof services)[number];
/** From here on both secrets work. */
const overlapping = "after the commit of overlap";
const atOnce = 3;

/** Seconds. Longer than it takes until another process goes on; the real system takes no call of a clock 300 s ahead. */
const grace = 60;
const graceOver = grace + 1;
/** After so long nobody waits for a dead process any more. */
const leaseOver = 130;

/** Where the rotation stood, and how much later by the clock another process goes on with it. */
const restartedAfter = { prepared: leaseOver, overlapping: 0, ending: graceOver + leaseOver } as const;

let real: KeywayProcess;
const folder = temporaryFolder();
beforeAll(async () => {
  const file = join(folder, "real.json");
  const many = Object.fromEntries(services.map((service) => [service, { service, keysMax: 1000 }]));
  writeFileSync(file, JSON.stringify({ providers: many }));
  real = await spawnKeyway(madeUpRoot(), { KEYWAY_DATA: folder, KEYWAY_CONFIG: file });
});
afterAll(async () => {
  vi.useRealTimers();
  await real.end("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  readonly service: Service;
  readonly at: number;
  readonly name: string;
  readonly folder: string;
  readonly root: Credentials;
  readonly env: Record<string, string>;
  readonly id: string;
  readonly old: Material;
}
type Material = Readonly<Record<string, string>>;

const works = async ({ kind: _, value, ...pair }: Material): Promise<boolean> => {
  const reply = await facadeOf(real).call("POST", "/v1/verify?scope=partial", { key: value ?? pair });
  return (reply.body as { valid: boolean }).valid;
};

const pathOf = ({ service, id }: Run): string => `/v1/keys/${service}/${id}`;
const rotate = (url: Pick<TestKeyway, "url" | "root">, run: Run) =>
  facadeOf(url).call("POST", `${pathOf(run)}/rotate`, { grace }, { headers: { "idempotency-key": "once" } });

const stepOf = async (keyway: Pick<TestKeyway, "url" | "root">): Promise<string | undefined> =>
  ((await facadeOf(keyway).call("GET", "/v1/rotations")).body as { items: { step: string }[] }).items[0]
    ?.step;

/** A key in a process that is to be killed at a point. */
const begin = async (service: Service, at: number, more: Readonly<Record<string, string>> = {}) => {
  const own = temporaryFolder();
  const root = madeUpRoot();
  const file = join(own, "keyway.json");
  const credential = { secretIdEnv: "REAL_SECRET_ID", secretKeyEnv: "REAL_SECRET_KEY" };
  const provider = { service, region: "ap-guangzhou", endpoint: real.url, credential };
  writeFileSync(file, JSON.stringify({ providers: { [service]: provider } }));
  const env = {
    KEYWAY_CONFIG: file,
    REAL_SECRET_ID: real.root.secretId,
    REAL_SECRET_KEY: real.root.secretKey,
  };
  const log = join(own, "points.log");
  writeFileSync(log, "");
  const keyway = await spawnKeyway(root, {
    ...env,
    KEYWAY_DATA: own,
    KILL_AT: String(at),
    KILL_LOG: log,
    KILL_GRACE: String(graceOver),
    NODE_OPTIONS: `--import=${join(import.meta.dirname, "kill-at.mjs")}`,
    ...more,
  });
  // The real system has the keys of all runs.
  const name = `${service}-killed-at-${at}-${randomBytes(4).toString("hex")}`;
  const { key, material } = await facadeOf(keyway).create(service, { name });
  const old = material as unknown as Material;
  const run: Run = { service, at, name, folder: own, root, env, id: key.id, old };
  return { run, keyway };
};

/** Killed at its point, or at the end. */
const over = async (keyway: KeywayProcess): Promise<void> => {
  for (let waits = 0; waits < 50; waits++) {
    const step = await stepOf(keyway).catch(() => "killed");
    if (step === "done" || step === "cancelled" || step === "killed") break;
    await sleep(100);
  }
  await keyway.end("SIGKILL");
};

const crash = async (service: Service, at: number): Promise<Run> => {
  const { run, keyway } = await begin(service, at);
  await rotate(keyway, run).catch(() => undefined);
  await over(keyway);
  return run;
};

interface Cancelled extends Run {
  readonly unwanted: Material;
}

/** Both secrets work, and then it is called off: the points are those from that call on. */
const crashCancelled = async (service: Service, at: number): Promise<Cancelled> => {
  const { run, keyway } = await begin(service, at, { KILL_FROM: "/cancel", KILL_GRACE: "0" });
  const { material } = (await rotate(keyway, run)).body as { material: Material };
  const { items } = (await facadeOf(keyway).call("GET", "/v1/rotations")).body as { items: { id: string }[] };
  const cancel = facadeOf(keyway).call("POST", `/v1/rotations/${items[0]?.id}/cancel`);
  await cancel.catch(() => undefined);
  await over(keyway);
  return { ...run, unwanted: material };
};

const pointsOf = ({ folder: own }: Run): readonly string[] =>
  readFileSync(join(own, "points.log"), "utf8").split("\n").filter(Boolean);

const stageOf = (points: readonly string[]): keyof typeof restartedAfter => {
  if (!points.includes(overlapping)) return "prepared";
  return points.includes("before the step overlap") ? "ending" : "overlapping";
};

/** The keys of this name, by id, as this Keyway tells of them. */
const keysOf = async (keyway: Parameters<typeof facadeOf>[0], { service, name }: Run) => {
  const reply = await facadeOf(keyway).call("GET", `/v1/keys?provider=${service}&q=${name}&limit=100`);
  const { items } = reply.body as { items: { id: string; name: string; status: string }[] };
  return items.filter((one) => one.name === name);
};

/** After the crash, by whoever comes first: the job, or the caller who repeats the call. */
const goOn = async (run: Run, isOverlapping: boolean): Promise<void> => {
  const keyway = await startKeyway({ env: run.env, folder: run.folder, root: run.root, keep: true });
  const later = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000);
  try {
    const sweep = sweepRound(keyway.house);
    if (run.at % 2 === 0) await sweep();
    const reply = await rotate(keyway, run);
    expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
    const { key, material } = reply.body as { key: { id: string }; material: Material };
    expect(key.id).toBe(run.id);
    if (isOverlapping) {
      // Whoever looks before the time ends nothing.
      await sweep();
      expect([await works(run.old), await works(material)]).toEqual([true, true]);
      expect(await stepOf(keyway)).toBe("overlap");
      later(graceOver);
    }
    for (let tries = 0; tries < 4 && (await stepOf(keyway)) !== "done"; tries++) {
      await sweep();
      later(20);
    }
    const { items } = (await facadeOf(keyway).call("GET", "/v1/rotations")).body as {
      items: { step: string }[];
    };
    expect(items.map(({ step }) => step)).toEqual(["done"]);
    expect([await works(run.old), await works(material)]).toEqual([false, true]);
    expect((await keysOf(keyway, run)).map(({ id }) => id)).toEqual([run.id]);
    expect((await verifyAudit(keyway.house.store, [], "")).faults).toEqual([]);
  } finally {
    await keyway.stop();
  }
};

const prove = async (run: Run): Promise<void> => {
  const points = pointsOf(run);
  expect(points).toHaveLength(run.at);
  // Until it is disabled, nobody's calls have failed.
  if (!points.some((name) => /the step disable/.test(name))) expect(await works(run.old)).toBe(true);
  const stage = stageOf(points);
  const now = Date.now() + restartedAfter[stage] * 1000;
  vi.useFakeTimers({ toFake: ["Date"], now, shouldAdvanceTime: true });
  try {
    await goOn(run, stage !== "ending");
  } catch (error) {
    throw new Error(`killed at ${run.at}: ${points.at(-1)}`, { cause: error });
  } finally {
    vi.useRealTimers();
  }
  expect([run.at, (await keysOf(real, run)).map(({ status }) => status)]).toEqual([run.at, ["enabled"]]);
  rmSync(run.folder, { recursive: true, force: true });
};

it.each(services)(
  "a rotation at %s is whole, whenever the process is killed: one successor, both secrets until the grace is over, one after it, no orphan",
  { timeout: 600_000 },
  async (service) => {
    const whole = await crash(service, 0);
    const names = pointsOf(whole);
    rmSync(whole.folder, { recursive: true, force: true });
    expect(names.length).toBeGreaterThan(20);
    const waiting = names.map((_, place) => place + 1);
    // Another process goes on soon after: a grace that has begun is not over then.
    while (waiting.length > 0) {
      const runs = await Promise.all(waiting.splice(0, atOnce).map((at) => crash(service, at)));
      for (const run of runs) await prove(run);
    }
  },
);

const proveCancelled = async (run: Cancelled): Promise<void> => {
  expect(pointsOf(run)).toHaveLength(run.at);
  expect(await works(run.old)).toBe(true);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + leaseOver * 1000, shouldAdvanceTime: true });
  const keyway = await startKeyway({ env: run.env, folder: run.folder, root: run.root, keep: true });
  try {
    for (let tries = 0; tries < 4 && (await stepOf(keyway)) !== "cancelled"; tries++) {
      await sweepRound(keyway.house)();
      vi.setSystemTime(Date.now() + 20_000);
    }
    expect([run.at, await stepOf(keyway)]).toEqual([run.at, "cancelled"]);
    expect([await works(run.old), await works(run.unwanted)]).toEqual([true, false]);
    expect((await keysOf(keyway, run)).map(({ id }) => id)).toEqual([run.id]);
    expect((await verifyAudit(keyway.house.store, [], "")).faults).toEqual([]);
  } finally {
    await keyway.stop();
    vi.useRealTimers();
  }
  expect((await keysOf(real, run)).map(({ id, status }) => [id, status])).toEqual([[run.id, "enabled"]]);
  rmSync(run.folder, { recursive: true, force: true });
};

it.each(services)(
  "a rotation at %s that is called off leaves the old key alone, whenever the process is killed",
  { timeout: 600_000 },
  async (service) => {
    const whole = await crashCancelled(service, 0);
    const names = pointsOf(whole);
    rmSync(whole.folder, { recursive: true, force: true });
    expect(names.length).toBeGreaterThan(10);
    const waiting = names.map((_, place) => place + 1);
    while (waiting.length > 0) {
      const runs = await Promise.all(waiting.splice(0, atOnce).map((at) => crashCancelled(service, at)));
      for (const run of runs) await proveCancelled(run);
    }
  },
);
