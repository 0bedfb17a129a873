import { rmSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { facadeOf } from "../support/facade-client.ts";
import { madeUpRoot, temporaryFolder } from "../support/keyway.ts";
import { spawnKeyway } from "../support/process.ts";
import { tokenOf, verifierOf } from "../support/verify-client.ts";

const kills = 4;
const callers = 16;
const each = 7;

it(`after kill -9 under load a quota has lost nothing, ${kills} times over`, {
  timeout: 100_000,
}, async () => {
  const folder = temporaryFolder();
  const root = madeUpRoot();
  const env = { KEYWAY_DATA: folder };
  const max = 1_000_000_000;
  /** What callers were told that they had taken, and what they had asked for when the answer was cut off. */
  let taken = 0;
  let unsure = 0;
  let key = "";
  try {
    for (let kill = 0; kill <= kills; kill += 1) {
      const keyway = await spawnKeyway(root, env);
      const verifier = verifierOf(keyway);
      if (kill === 0) {
        const limits = { tokenQuotas: [{ cycle: "lifetime", tokens: String(max), startDay: null }] };
        key = tokenOf(await facadeOf(keyway).create("aione", { limits }));
      }
      const seen = await verifier.verify({ key, cost: { tokens: 0 } }, { query: "?explain=true" });
      const spent = max - Number(seen.remaining?.tokenQuotas[0]?.tokens);
      expect(spent).toBeGreaterThanOrEqual(taken);
      expect(spent).toBeLessThanOrEqual(taken + unsure);
      if (kill === kills) {
        expect(await keyway.end("SIGTERM")).toBe(0);
        break;
      }
      [taken, unsure] = [spent, 0];
      const call = async (): Promise<void> => {
        for (;;) {
          const valid = await verifier
            .verify({ key, cost: { tokens: each } }, { query: "?scope=partial" })
            .then((verdict) => verdict.valid)
            .catch(() => undefined);
          if (valid === undefined) {
            unsure += each;
            return;
          }
          taken += each;
        }
      };
      const load = Promise.all(Array.from({ length: callers }, call));
      await new Promise((resolve) => setTimeout(resolve, 60 + Math.random() * 150));
      await keyway.end("SIGKILL");
      await load;
    }
    expect(taken).toBeGreaterThan(callers * each);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

it.each(["exact", "fast"])(
  "two servers on one folder admit exactly the limit in each minute that they name: %s",
  {
    timeout: 100_000,
  },
  async (mode) => {
    const folder = temporaryFolder();
    const file = `${folder}.json`;
    writeFileSync(file, JSON.stringify({ verification: { limits: mode } }));
    const root = madeUpRoot();
    const env = { KEYWAY_DATA: folder, KEYWAY_CONFIG: file };
    const servers = [await spawnKeyway(root, env), await spawnKeyway(root, env)];
    const max = 40;
    try {
      const [first] = servers;
      if (first === undefined) throw new Error("no server");
      const key = tokenOf(await facadeOf(first).create("aione", { limits: { requestsPerMinute: max } }));
      const verdicts = await Promise.all(
        Array.from({ length: 10 * max }, (_, at) => {
          const server = servers[at % 2];
          if (server === undefined) throw new Error("no server");
          return verifierOf(server).verify({ key }, { query: "?scope=partial" });
        }),
      );
      expect(new Set(verdicts.map(({ limits }) => limits?.mode))).toEqual(new Set([mode]));
      // The calls may have met the edge of a minute; then each of the two has its own limit.
      const windows = Map.groupBy(verdicts, ({ limits }) => limits?.window.from);
      for (const inWindow of windows.values()) {
        const admitted = inWindow.filter(({ code }) => code === "VALID").length;
        const most = Math.min(max, inWindow.length);
        // `fast` may refuse early while the other server holds a slice, which only calls up to the end of the minute use.
        if (mode === "fast" && windows.size > 1) expect(admitted).toBeLessThanOrEqual(most);
        else expect(admitted).toBe(most);
      }
    } finally {
      for (const server of servers) await server.end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
      rmSync(file);
    }
  },
);
