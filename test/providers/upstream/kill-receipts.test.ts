import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { sweep } from "../../../lib/jobs/sweep.ts";
import { probeJob } from "../../../lib/receipts/probe-job.ts";
import { receiptKind } from "../../../lib/receipts/receipt.ts";
import { type Receipt, receipt, receiptList } from "../../../lib/schemas/receipt.ts";
import { facadeOf } from "../../support/facade-client.ts";
import { rootAccount, type TestKeyway } from "../../support/keyway.ts";
import { eventsAbout } from "../../support/storage.ts";
import { type Pair, startPair } from "../../support/upstream.ts";
import { type ModelServer, startModelServer } from "./model-server.ts";

/** A real system, a server of models that asks it of each key, and Keyway, which ends keys at the one and looks at the other. */

let pair: Pair;
let models: ModelServer;
let other: TestKeyway;
beforeAll(async () => {
  pair = await startPair({
    dataPlanes: async (real) => {
      models = await startModelServer(real);
      return { tokenhub: { url: `${models.url}/v1/models` }, apigateway: { url: `${models.url}/signed` } };
    },
  });
  other = await pair.beside();
});
afterEach(() => models.answer("as it is"));
afterAll(async () => {
  await other.stop();
  await pair.stop();
  await models.stop();
});

const provider = "tokenhub-real";
interface Made {
  readonly id: string;
  readonly secret: string;
  readonly path: string;
}
const made = async (): Promise<Made> => {
  const { key, material } = await pair.facade.create(provider);
  const { value } = z.object({ value: z.string() }).parse(material);
  return { id: key.id, secret: value, path: `/v1/keys/${provider}/${key.id}` };
};
const disable = async ({ path }: Made): Promise<Receipt> => {
  const reply = await pair.facade.call("POST", `${path}/disable`);
  return z.object({ receipt }).parse(reply.body).receipt;
};
const list = async ({ id }: Made): Promise<readonly Receipt[]> =>
  receiptList.parse((await pair.facade.call("GET", `/v1/receipts?key=${id}`)).body).items;
const now = async (key: Made): Promise<Receipt | undefined> => (await list(key))[0];
const told = (subject: string) => eventsAbout(pair.keyway.folder, rootAccount, subject);
/** In one order, what probes find among it. */
const events = async (key: Made) => (await told(`${provider}/${key.id}`)).map(({ type }) => type);

/** What a server's ticker does, so many seconds from now; pauses are not waited for. */
const round = async (laterSeconds: number, { house }: TestKeyway = pair.keyway): Promise<void> => {
  const clock = (): Date => new Date(Date.now() + laterSeconds * 1000);
  const job = probeJob({ ...house, clock, sleep: async () => undefined });
  await sweep({ store: house.store, clock, health: house.jobHealth }, [job], new Date(8.64e15));
};

const keptIn = async ({ id }: Receipt): Promise<string> => {
  const { store } = pair.keyway.house;
  return JSON.stringify((await store.readDocument(rootAccount, "", receiptKind, id))?.body);
};

describe("a key that is disabled at its real system", () => {
  it("is probed there until it is refused five times, and the first of them is when it stopped", async () => {
    const key = await made();
    const before = models.asked();
    const told = await disable(key);
    expect(told).toMatchObject({ cause: "disabled", stoppedAt: null, evidence: "probe", state: "probing" });
    expect(await keptIn(told)).toContain('"sealed":"1.');
    await round(1);
    const done = await now(key);
    expect(done).toEqual({ ...told, state: "done", stoppedAt: expect.any(String), attempts: 5 });
    expect(Date.parse(done?.stoppedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(told.answeredAt));
    // Once while it worked.
    expect(models.asked() - before).toBe(6);
    expect(models.keys).toContain(key.secret);
    expect(await events(key)).toEqual(["key.created", "key.disabled", "key.stopped"]);
    // Who has heard of the disabling does not take the proof of it for an older word.
    const versions = (await eventsAbout(pair.keyway.folder, rootAccount, `${provider}/${key.id}`)).map(
      ({ version }) => version,
    );
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
    await round(7200);
    expect(models.asked() - before).toBe(6);
  });

  it("leaves its secret nowhere: not in the receipt, a log, an event or the trail, which tells that it was read", async () => {
    const key = await made();
    const ended = await disable(key);
    await round(1);
    expect(await keptIn(ended)).toContain('"sealed":null');
    const trail = (await pair.facade.call("GET", "/v1/audit?limit=20")).text;
    expect(trail).toContain("keyway:ProbeKey");
    expect(trail).toContain("keyway:ReadSecrets");
    const all = [
      trail,
      pair.keyway.log(),
      await keptIn(ended),
      JSON.stringify(await list(key)),
      JSON.stringify(await told(`${provider}/${key.id}`)),
    ];
    for (const text of all) expect(text).not.toContain(key.secret);
  });

  it("and still works after the usual time is late, once, and is told when it stops after all", async () => {
    const key = await made();
    await disable(key);
    models.answer(200);
    await round(5);
    expect(await now(key)).toMatchObject({ state: "probing", stoppedAt: null });
    await round(61);
    expect(await now(key)).toMatchObject({ state: "late", stoppedAt: null });
    await round(120);
    models.answer("as it is");
    await round(300);
    expect(await now(key)).toMatchObject({ state: "done", stoppedAt: expect.any(String) });
    expect(await events(key)).toEqual(["key.created", "key.disabled", "key.still_alive", "key.stopped"]);
  });

  it("is not taken for dead while one of several machines takes it, or cannot say", async () => {
    const key = await made();
    await disable(key);
    for (const [place, status] of [200, 500, 302, 429, 404].entries()) {
      models.answer(status, 1);
      const before = models.asked();
      await round(5 + 10 * place);
      expect(models.asked() - before).toBe(1);
      expect(await now(key)).toMatchObject({ state: "probing" });
    }
    // Four refusals, and one that takes it.
    models.answer(401, 4);
    const real = pair.real;
    await facadeOf(real).call("POST", `/v1/keys/tokenhub/${key.id}/enable`);
    await round(58);
    expect(await now(key)).toMatchObject({ stoppedAt: null });
  });

  it("is not told dead by a data plane that refused it while it worked, and nobody asks there", async () => {
    const key = await made();
    models.answer(403);
    const before = models.asked();
    const ended = await disable(key);
    expect(ended).toMatchObject({ evidence: "none", state: "done", unproven: "refused_before" });
    await round(1);
    expect(models.asked() - before).toBe(1);
    expect(await list(key)).toEqual([ended]);
    expect(await keptIn(ended)).toContain('"sealed":null');
    expect(await events(key)).toEqual(["key.created", "key.disabled"]);
  });

  it("is not told dead by refusals alone, where the data plane could not say that it worked", async () => {
    const key = await made();
    models.answer(503, 1);
    const ended = await disable(key);
    expect(ended).toMatchObject({ state: "probing", unproven: "unclear_before" });
    await round(1);
    expect(await now(key)).toEqual({ ...ended, state: "gave_up", attempts: 5 });
    expect(await keptIn(ended)).toContain('"sealed":null');
    expect(await events(key)).toEqual(["key.created", "key.disabled", "key.probing_gave_up"]);
  });

  it("is told alive and then dead, where the data plane accepts it first when it should not", async () => {
    const key = await made();
    models.answer(503, 1);
    await disable(key);
    models.answer(200, 1);
    await round(61);
    expect(await now(key)).toMatchObject({ state: "late", unproven: null });
    models.answer("as it is");
    await round(120);
    expect(await now(key)).toMatchObject({ state: "done", stoppedAt: expect.any(String), unproven: null });
  });

  it("and enabled again is no alarm", async () => {
    const key = await made();
    models.answer(200);
    await disable(key);
    await pair.facade.call("POST", `${key.path}/enable`);
    models.answer("as it is");
    await round(90);
    expect(await now(key)).toMatchObject({ state: "revived", stoppedAt: null });
    expect(await events(key)).not.toContain("key.still_alive");
  });

  it("is given up after a day, and its secret with it, without another probe", async () => {
    const key = await made();
    models.answer(503);
    const told = await disable(key);
    await round(5);
    const before = models.asked();
    await round(86_401);
    expect(models.asked()).toBe(before);
    expect(await now(key)).toMatchObject({ state: "gave_up", stoppedAt: null });
    expect(await keptIn(told)).toContain('"sealed":null');
    expect((await events(key)).at(-1)).toBe("key.probing_gave_up");
  });

  it("is one process's at a time: of two that look at once, one writes the end", async () => {
    const keys = [await made(), await made(), await made()];
    for (const key of keys) await disable(key);
    await Promise.all([round(1), round(1, other)]);
    for (const key of keys) {
      expect(await now(key)).toMatchObject({ state: "done", attempts: 5 });
      expect((await events(key)).filter((type) => type === "key.stopped")).toHaveLength(1);
    }
  });
});

it("a pair signs the probes, and is sent in none of them", async () => {
  const { key, material } = await pair.facade.create("apigateway-real");
  const { secret } = z.object({ secret: z.string() }).parse(material);
  const own = { id: key.id, secret, path: `/v1/keys/apigateway-real/${key.id}` };
  const before = models.asked();
  expect(await disable(own)).toMatchObject({ evidence: "probe", state: "probing", unproven: null });
  await round(1);
  expect(await now(own)).toMatchObject({ state: "done", stoppedAt: expect.any(String), attempts: 5 });
  expect(models.asked() - before).toBe(6);
  const sent = [...models.keys].filter((one) => one.includes(key.id));
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.join()).not.toContain(secret);
});

it("a key that is deleted is probed with the secret that was read before", async () => {
  const key = await made();
  const reply = await pair.facade.call("DELETE", `${key.path}?confirm=${key.id}`);
  expect([reply.status, reply.text, reply.headers.get("keyway-stopped-at")]).toEqual([204, "", null]);
  expect(reply.headers.get("keyway-receipt")).toBe((await now(key))?.id);
  await round(1);
  expect(await now(key)).toMatchObject({ cause: "deleted", state: "done", evidence: "probe" });
});

describe("a key with a successor", () => {
  const rotate = async ({ path }: Made, grace: number) => {
    const reply = await pair.facade.call("POST", `${path}/rotate`, { grace });
    return z.object({ receipt: z.null(), material: z.object({ value: z.string() }) }).parse(reply.body);
  };

  it("has the receipt of the old one when that is ended, by its real secret, under the id that callers know", async () => {
    const key = await made();
    const { material } = await rotate(key, 0);
    const [told] = await list(key);
    expect(told).toMatchObject({ key: key.id, cause: "grace_ended", state: "probing", evidence: "probe" });
    models.keys.clear();
    await round(1);
    expect(await now(key)).toMatchObject({ state: "done", stoppedAt: expect.any(String) });
    expect(models.keys).toEqual(new Set([key.secret]));

    const killed = await disable(key);
    expect(killed).toMatchObject({ key: key.id, cause: "disabled", state: "probing" });
    await round(1);
    expect(models.keys).toEqual(new Set([key.secret, material.value]));
    expect((await list(key)).map(({ state }) => state)).toEqual(["done", "done"]);
  });

  it("has one of each while both work and it is disabled, and when it is deleted", async () => {
    const key = await made();
    const { material } = await rotate(key, 3600);
    expect(await list(key)).toEqual([]);
    const killed = await disable(key);
    expect(await list(key)).toHaveLength(2);
    expect(await now(key)).toEqual(killed);
    models.keys.clear();
    await round(1);
    expect(models.keys).toEqual(new Set([key.secret, material.value]));
    expect((await pair.facade.call("DELETE", `${key.path}?confirm=${key.id}`)).status).toBe(204);
    expect(await now(key)).toMatchObject({ key: key.id, cause: "deleted" });
  });

  it("answers a rotation that is sent twice the same", async () => {
    const key = await made();
    const headers = { "idempotency-key": `rotate-${key.id}` };
    const send = () => pair.facade.call("POST", `${key.path}/rotate`, { grace: 0 }, { headers });
    const first = await send();
    const again = await send();
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.body).toEqual(first.body);
  });
});

it("a change that the real system refuses leaves no receipt and no probe", async () => {
  await round(1);
  const before = models.asked();
  expect((await pair.facade.call("POST", `/v1/keys/${provider}/ak-none/disable`)).status).toBe(404);
  await round(1);
  expect([models.asked(), await list({ id: "ak-none", secret: "", path: "" })]).toEqual([before, []]);
});

it("without a data plane a receipt says that nobody looked", async () => {
  const { key } = await pair.facade.create("aione-real");
  const path = `/v1/keys/aione-real/${key.id}`;
  const rotated = z
    .object({ receipt })
    .parse((await pair.facade.call("POST", `${path}/rotate`, {})).body).receipt;
  expect(rotated).toMatchObject({ cause: "grace_ended", evidence: "none", state: "done", stoppedAt: null });
  await pair.facade.call("POST", `${path}/disable`);
  await pair.facade.call("DELETE", `${path}?confirm=${key.id}`);
  const found = await list({ id: key.id, secret: "", path });
  expect(found.map(({ cause, evidence, state }) => [cause, evidence, state])).toEqual([
    ["deleted", "none", "done"],
    ["disabled", "none", "done"],
    ["grace_ended", "none", "done"],
  ]);
});
