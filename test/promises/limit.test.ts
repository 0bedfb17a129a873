import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { profiles } from "../../lib/providers/profiles.ts";
import { startKeyway, temporaryFolder } from "../support/keyway.ts";
import { keyDrivers } from "../support/services.ts";

const keysMax = 50;

describe.each(profiles.map(({ service }) => service))("%s", (service) => {
  it(`50 parallel creations at ${keysMax - 1} keys yield exactly one`, async () => {
    const folder = temporaryFolder();
    const config = join(folder, "keyway.json");
    writeFileSync(config, JSON.stringify({ providers: { [service]: { service, keysMax } } }));
    const keyway = await startKeyway({ env: { KEYWAY_CONFIG: config } });
    try {
      const driver = keyDrivers[service]?.(keyway);
      if (driver === undefined) throw new Error(`${service} has no driver`);
      for (let count = 1; count < keysMax; count++) await driver.create(`key_${count}`);
      const codes = await Promise.all(Array.from({ length: 50 }, (_, n) => driver.createCode(`more_${n}`)));
      expect(codes.filter((code) => code === "no error")).toHaveLength(1);
      expect(codes.filter((code) => code === driver.limitCode)).toHaveLength(49);
      expect((await driver.ids()).size).toBe(keysMax);
      const [first = ""] = await driver.ids();
      await driver.remove(first);
      expect(await driver.createCode("room_again")).toBe("no error");
    } finally {
      await keyway.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
