import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { facadeOf, type Issued } from "../../support/facade-client.ts";
import { type Fault, type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { temporaryFolder } from "../../support/keyway.ts";
import { type Pair, startPair } from "../../support/upstream.ts";

/** A rotation at a real system without grace leaves nothing that tells of it but the new secret itself. */

const folder = temporaryFolder();
let pair: Pair;
let proxy: FaultProxy;
beforeAll(async () => {
  const file = join(folder, "keyway.json");
  writeFileSync(file, JSON.stringify({ providers: { aione: { service: "aione", rotateGraceSeconds: 0 } } }));
  pair = await startPair({
    real: { KEYWAY_CONFIG: file },
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
});
afterAll(async () => {
  await pair.stop();
  await proxy.stop();
  rmSync(folder, { recursive: true });
});

const rotateAt = async (...faults: readonly Fault[]) => {
  const { key, material } = await pair.facade.create("aione-real");
  proxy.fail("PUT /api/v1/gateway/keys/*", ...faults);
  const before = proxy.passed.length;
  const reply = await pair.facade.call("POST", `/v1/keys/aione-real/${key.id}/rotate`);
  const sent = proxy.passed.slice(before).filter((name) => name.startsWith("PUT"));
  const real = await facadeOf(pair.real).call("POST", `/v1/keys/aione/${key.id}/reveal`);
  const { material: now } = real.body as Pick<Issued, "material">;
  const isDone = JSON.stringify(now) !== JSON.stringify(material);
  return { outcome: [reply.status, (reply.body as { code?: string }).code], sent, isDone };
};

it.each<Fault>(["reset after", "half a reply", "500 after", "503 after", "not JSON after"])(
  "whose answer meets `%s` is told as unknown, and not sent again",
  async (fault) => {
    const { outcome, sent, isDone } = await rotateAt(fault);
    expect(outcome).toEqual([502, "outcome_unknown"]);
    expect([sent.length, isDone]).toEqual([1, true]);
  },
);

it("that got lost on its way is unknown, too: it may arrive yet", async () => {
  const { outcome, isDone } = await rotateAt("reset before");
  expect([outcome, isDone]).toEqual([[502, "outcome_unknown"], false]);
});

it("that the system broke on before doing anything is told as failed", async () => {
  const { outcome, isDone } = await rotateAt("500 before");
  expect([outcome, isDone]).toEqual([[502, "upstream_failed"], false]);
});
