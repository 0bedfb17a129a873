import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { facadeOf } from "../support/facade-client.ts";
import { madeUpRoot, startKeyway, temporaryFolder } from "../support/keyway.ts";

it("a start warns of keys that it keeps and that nobody answers for", async () => {
  const folder = temporaryFolder();
  const root = madeUpRoot();
  const started = async (providers?: object) => {
    const file = join(folder, "keyway.json");
    writeFileSync(file, JSON.stringify({ providers }));
    const env = { KEYWAY_CONFIG: file, SYSTEM_TOKEN: madeUpRoot().token };
    return startKeyway({ folder, root, env, keep: true });
  };
  const warnings = async (providers?: object): Promise<readonly string[]> => {
    const keyway = await started(providers);
    await keyway.stop();
    const lines = keyway.log().split("\n").filter(Boolean);
    return lines
      .map((line) => JSON.parse(line))
      .flatMap(({ level, message }) => (level === "warning" ? [message] : []));
  };
  try {
    const first = await started();
    for (const provider of ["aione", "aione", "aione", "tokenhub"]) await facadeOf(first).create(provider);
    const gone = (await facadeOf(first).create("csip")).key.id;
    await facadeOf(first).call("DELETE", `/v1/keys/csip/${gone}?confirm=${gone}`);
    await first.stop();
    const real = {
      service: "aione",
      endpoint: "http://127.0.0.1:9",
      credential: { tokenEnv: "SYSTEM_TOKEN" },
    };
    expect(await warnings({ aione: real, apigateway: { service: "apigateway" } })).toEqual([
      "3 keys of `aione` are kept here, but `aione` is now a real system's: they are neither listed nor verified",
      "1 key of `tokenhub` is kept here, but `tokenhub` is not configured: it is neither listed nor verified",
    ]);
    expect(await warnings()).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
