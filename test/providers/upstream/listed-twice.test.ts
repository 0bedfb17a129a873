import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hygieneJob } from "../../../functions/jobs/hygiene.ts";
import { progressOf, walkKind } from "../../../lib/hygiene/walk.ts";
import { sweep } from "../../../lib/jobs/sweep.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { rootAccount, startKeyway, type TestKeyway, temporaryFolder } from "../../support/keyway.ts";
import { answering, stopRealSystems } from "./real-system.ts";

/** A list that moves while its pages are read shows a key twice, and a broken system always: each is one key here. */

const listed = (id: string) => ({
  ...{ id, name: `name of ${id}`, key: null, key_prefix: "sk-nex-0000", status: "active", team_id: null },
  ...{ models_allowed: null, rpm_limit: null, tpm_limit: null, is_sandbox: false, allowed_ips: null },
  ...{ expires_at: null, rotate_grace_until: null, created_at: "2026-01-01T00:00:00Z" },
});

let keyway: TestKeyway;
let facade: ReturnType<typeof facadeOf>;
const folder = temporaryFolder();
beforeAll(async () => {
  const { endpoint } = await answering((_, reply) => {
    const body = JSON.stringify({ items: ["one", "two", "one"].map(listed) });
    reply.writeHead(200, { "content-type": "application/json" }).end(body);
  });
  const file = join(folder, "keyway.json");
  const credential = { tokenEnv: "REAL_TOKEN" };
  writeFileSync(file, JSON.stringify({ providers: { aione: { service: "aione", endpoint, credential } } }));
  keyway = await startKeyway({ env: { KEYWAY_CONFIG: file, REAL_TOKEN: "made-up-token-for-this-test" } });
  facade = facadeOf(keyway);
});
afterAll(async () => {
  await keyway.stop();
  stopRealSystems();
  rmSync(folder, { recursive: true, force: true });
});

describe("a key that a real system lists twice", () => {
  it("is listed once", async () => {
    const { items } = (await facade.call("GET", "/v1/keys")).body as { items: { id: string }[] };
    expect(items.map(({ id }) => id)).toEqual(["two", "one"]);
  });

  it("is walked over once, and holds up nobody's findings", async () => {
    const { store, jobHealth: health } = keyway.house;
    await facade.call("POST", "/v1/webhooks", { url: "https://hooks.example.com/" });
    const clock = (): Date => new Date(Date.now() + 60_000);
    const parts = { store, clock, health };
    await sweep(parts, [hygieneJob({ ...keyway.house, clock })], new Date(8.64e15));
    const walk = await store.readDocument(rootAccount, "", walkKind, "walk");
    expect(walk && progressOf(walk).steps).toEqual([]);
    const told = (await store.readEvents(rootAccount, 0, 1000)).filter(
      ({ subject }) => subject === "finding/select_all_scope/aione/one",
    );
    expect(told).toHaveLength(1);
  });

  it("is known once to an inventory", async () => {
    const reply = await facade.call("POST", "/v1/providers/aione/sync");
    expect([reply.status, reply.body]).toEqual([
      200,
      expect.objectContaining({ total: 2, appeared: { count: 2, ids: ["one", "two"] } }),
    ]);
  });

  it("as the key before a rotation and the one after it is the latter", async () => {
    const body = { current: "one", others: [], graceUntil: null, rotation: null };
    const place = { account: rootAccount, provider: "aione", kind: "generation", id: "two", region: "" };
    await keyway.house.store.progress([{ type: "insertDocument", record: { ...place, version: 1, body } }]);
    const { items } = (await facade.call("GET", "/v1/keys")).body as { items: object[] };
    expect(items).toMatchObject([{ id: "two", name: "name of one" }]);
  });
});
