import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { sweepRound } from "../../functions/jobs/sweep.ts";
import { facadeOf } from "../support/facade-client.ts";
import {
  type Credentials,
  madeUpRoot,
  startKeyway,
  type TestKeyway,
  temporaryFolder,
} from "../support/keyway.ts";
import { type KeywayProcess, runTask, spawnKeyway } from "../support/process.ts";

/**
 * Keyway is killed at every point of a rotation, between any two calls of the real system and before and after every
 * commit; another one goes on where it stopped. All points in CI (`KEYWAY_TEST_ALL=1`), else some of them.
 */

const services = ["tokenhub", "apigateway"] as const;
type Service = (typeof services)[number];
const isAll = process.env.KEYWAY_TEST_ALL === "1";
/** Without all of them, each so manieth. */
const stride = 14;
const atOnce = 3;
/** So long after the crash nobody waits for the dead process any more. */
const restartedAfter = 130;
const soon = 400;

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
  facadeOf(url).call(
    "POST",
    `${pathOf(run)}/rotate`,
    { grace: 1 },
    { headers: { "idempotency-key": "once" } },
  );

const stepOf = async (keyway: Pick<TestKeyway, "url" | "root">): Promise<string | undefined> =>
  ((await facadeOf(keyway).call("GET", "/v1/rotations")).body as { items: { step: string }[] }).items[0]
    ?.step;

/** Begins the rotation in a process that is killed at a point, or that reaches the end: then at what it is. */
const crash = async (service: Service, at: number): Promise<Run> => {
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
  // Made by another process: what kills counts the rotation's points alone.
  const maker = await startKeyway({ env, folder: own, root, keep: true });
  const name = `${service}-killed-at-${at}`;
  const { key, material } = await facadeOf(maker).create(service, { name });
  await maker.stop();
  const run = { service, at, folder: own, root, env, id: key.id, old: material as unknown as Material };
  const log = join(own, "points.log");
  writeFileSync(log, "");
  const keyway = await spawnKeyway(root, {
    ...env,
    KEYWAY_DATA: own,
    KILL_AT: String(at),
    KILL_LOG: log,
    NODE_OPTIONS: `--import=${join(import.meta.dirname, "kill-at.mjs")}`,
  });
  await rotate(keyway, run).catch(() => undefined);
  for (let waits = 0; waits < 50; waits++) {
    const step = await stepOf(keyway).catch(() => "killed");
    if (step === "done" || step === "killed") break;
    await sleep(100);
  }
  await keyway.end("SIGKILL");
  return run;
};

const pointsOf = ({ folder: own }: Run): readonly string[] =>
  readFileSync(join(own, "points.log"), "utf8").split("\n").filter(Boolean);

/** After the crash, by whoever comes first: the job, or the caller who repeats the call. */
const goOn = async (run: Run): Promise<void> => {
  const keyway = await startKeyway({ env: run.env, folder: run.folder, root: run.root, keep: true });
  try {
    const sweep = sweepRound(keyway.house);
    if (run.at % 2 === 0) await sweep();
    const reply = await rotate(keyway, run);
    expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
    const { key, material } = reply.body as { key: { id: string }; material: Material };
    expect(key.id).toBe(run.id);
    expect(material).not.toBeNull();
    expect(await works(material)).toBe(true);
    for (let seconds = restartedAfter; (await stepOf(keyway)) !== "done" && seconds < soon; seconds += 20) {
      vi.setSystemTime(Date.now() + 20_000);
      await sweep();
    }
    const { items } = (await facadeOf(keyway).call("GET", "/v1/rotations")).body as {
      items: { step: string }[];
    };
    expect(items.map(({ step }) => step)).toEqual(["done"]);
    expect([await works(run.old), await works(material)]).toEqual([false, true]);
    const listed = await facadeOf(keyway).call(
      "GET",
      `/v1/keys?q=${run.service}-killed-at-${run.at}&limit=100`,
    );
    const mine = (listed.body as { items: { id: string; name: string }[] }).items.filter(
      ({ name }) => name === `${run.service}-killed-at-${run.at}`,
    );
    expect(mine.map(({ id }) => id)).toEqual([run.id]);
    const there = await facadeOf(real).call(
      "GET",
      `/v1/keys?provider=${run.service}&q=${run.service}-killed&limit=100`,
    );
    expect(there.status).toBe(200);
  } finally {
    await keyway.stop();
  }
};

/** The keys of this name that the real system has. */
const really = async ({ service, at }: Run): Promise<readonly string[]> => {
  const name = `${service}-killed-at-${at}`;
  const reply = await facadeOf(real).call("GET", `/v1/keys?provider=${service}&q=${name}&limit=100`);
  const { items } = reply.body as { items: { name: string; status: string }[] };
  return items.filter((one) => one.name === name).map(({ status }) => status);
};

it.each(services)(
  "a rotation at %s is whole, whenever the process is killed: one successor, the old key dead, no orphan",
  { timeout: 300_000 },
  async (service) => {
    const whole = await crash(service, 0);
    const names = pointsOf(whole);
    expect(names.length).toBeGreaterThan(20);
    const chosen = names.map((_, index) => index + 1).filter((at) => isAll || at % stride === 1);
    const runs: Run[] = [];
    const waiting = [...chosen];
    const work = async (): Promise<void> => {
      for (let at = waiting.shift(); at !== undefined; at = waiting.shift())
        runs.push(await crash(service, at));
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    for (const run of runs) {
      const reached = pointsOf(run);
      expect(reached).toHaveLength(run.at);
      // Until it is disabled, nobody's calls have failed.
      if (!reached.some((name) => /the step disable/.test(name))) expect(await works(run.old)).toBe(true);
    }
    for (const run of runs.toSorted((one, other) => one.at - other.at)) {
      vi.useFakeTimers({
        toFake: ["Date"],
        now: Date.now() + restartedAfter * 1000,
        shouldAdvanceTime: true,
      });
      await goOn(run).catch((error: unknown) => {
        throw new Error(`killed at ${run.at}: ${pointsOf(run).at(-1)}`, { cause: error });
      });
      vi.useRealTimers();
      expect([run.at, pointsOf(run).at(-1), await really(run)]).toEqual([
        run.at,
        expect.anything(),
        ["enabled"],
      ]);
      const { code, output } = runTask("audit-verify", [], { KEYWAY_DATA: run.folder });
      expect([code, output]).toEqual([0, expect.any(String)]);
      rmSync(run.folder, { recursive: true, force: true });
    }
    rmSync(whole.folder, { recursive: true, force: true });
  },
);
