import { createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { openKeyCache } from "../../lib/sealing/key-cache.ts";

const key = (): Promise<KeyObject> => Promise.resolve(createSecretKey(randomBytes(32)));
const forever = Number.POSITIVE_INFINITY;
const noClock = (): Date => {
  throw new Error("nobody needs the time");
};

describe("the cache of unwrapped keys", () => {
  it("gives up the oldest where there are too many, and looks at no clock where time has no bound", () => {
    const cache = openKeyCache(3, forever, noClock);
    for (const id of ["1", "2", "3"]) cache.put(id, key());
    const again = cache.put("1", key());
    cache.put("4", key());
    expect(["1", "2", "3", "4"].filter((id) => cache.get(id) !== undefined)).toEqual(["1", "3", "4"]);
    expect(cache.get("1")).toBe(again);
  });

  it("ends a key at its time, also where the clock was set back", () => {
    let ms = 1_000_000;
    const cache = openKeyCache(3, 1000, () => new Date(ms));
    const first = cache.put("1", key());
    ms += 999;
    expect(cache.get("1")).toBe(first);
    ms += 1;
    expect(cache.get("1")).toBeUndefined();
    const second = cache.put("1", key());
    expect(cache.get("1")).toBe(second);
    ms -= 1;
    expect(cache.get("1")).toBeUndefined();
  });

  it("keeps no failure", async () => {
    const cache = openKeyCache(3, forever, noClock);
    await expect(cache.put("1", Promise.reject(new Error("refused")))).rejects.toThrow("refused");
    expect(cache.get("1")).toBeUndefined();
  });

  it("keeps a key that was put after another one's failure began", async () => {
    const cache = openKeyCache(3, forever, noClock);
    const failing = cache.put("1", Promise.reject(new Error("refused")));
    const good = cache.put("1", key());
    await expect(failing).rejects.toThrow();
    expect(cache.get("1")).toBe(good);
  });
});
