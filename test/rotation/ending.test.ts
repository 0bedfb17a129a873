import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sweepRound } from "../../functions/jobs/sweep.ts";
import { facadeOf } from "../support/facade-client.ts";
import { type FaultProxy, startFaultProxy } from "../support/fault-proxy.ts";
import { type Pair, startPair } from "../support/upstream.ts";

/** What is asked of a key while a rotation of it is under way: no secret that was ended comes to life, or stays alive. */

let pair: Pair;
let proxy: FaultProxy;
beforeAll(async () => {
  pair = await startPair({
    keysMax: 300,
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
});
afterAll(async () => {
  await pair.stop();
  await proxy.stop();
});

type Material = Readonly<Record<string, string>>;
type Service = "tokenhub" | "apigateway";
const disables = { tokenhub: "ModifyApiKeyStatus", apigateway: "DisableApiKey" } as const;

const create = async (service: Service) => {
  const { key, material } = await pair.facade.create(`${service}-real`);
  return {
    service,
    id: key.id,
    old: material as unknown as Material,
    path: `/v1/keys/${service}-real/${key.id}`,
  };
};
type Made = Awaited<ReturnType<typeof create>>;

const works = async ({ kind: _, value, ...shown }: Material): Promise<boolean> => {
  const reply = await facadeOf(pair.real).call("POST", "/v1/verify?scope=partial", { key: value ?? shown });
  return (reply.body as { valid: boolean }).valid;
};
const post = (made: Made, what: string, body?: object) =>
  pair.facade.call("POST", `${made.path}/${what}`, body);
const rotate = async (made: Made, grace: number): Promise<Material> => {
  const reply = await post(made, "rotate", { grace });
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  return (reply.body as { material: Material }).material;
};
const rotationOf = async ({ id }: Made) => {
  const { items } = (await pair.facade.call("GET", "/v1/rotations?limit=100")).body as {
    items: { id: string; key: string; step: string }[];
  };
  const found = items.find(({ key }) => key === id);
  if (found === undefined) throw new Error("no rotation of this key");
  return found;
};
const sweep = (): Promise<void> => sweepRound(pair.keyway.house)();
/** By Keyway's own clock: the real systems are another process. */
const sweepLater = async (seconds: number): Promise<void> => {
  try {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000, shouldAdvanceTime: true });
    await sweep();
  } finally {
    vi.useRealTimers();
    // Who paces the calls to the real system by the clock sees it go back.
    await sleep(50);
  }
};

describe.each(["tokenhub", "apigateway"] as const)("at %s", (service) => {
  it("a key that is enabled leaves the one that is being ended as it is", async () => {
    const made = await create(service);
    const material = await rotate(made, 1);
    proxy.fail("DeleteApiKey", "throttled", "throttled", "throttled", "throttled");
    await sweepLater(2);
    expect(await rotationOf(made)).toMatchObject({ step: "delete" });
    expect(await works(made.old)).toBe(false);
    expect((await post(made, "disable")).status).toBe(200);
    expect((await post(made, "enable")).status).toBe(200);
    expect([await works(made.old), await works(material)]).toEqual([false, true]);
  });

  it("a key that is put on again at the real system, when its grace was over, is ended all the same", async () => {
    const made = await create(service);
    const material = await rotate(made, 1);
    proxy.fail("DeleteApiKey", "throttled", "throttled", "throttled", "throttled");
    await sweepLater(2);
    const enabled = await facadeOf(pair.real).call("POST", `/v1/keys/${service}/${made.id}/enable`);
    expect([enabled.status, await works(made.old)]).toEqual([200, true]);
    await sweepLater(35);
    expect(await rotationOf(made)).toMatchObject({ step: "done" });
    expect([await works(made.old), await works(material)]).toEqual([false, true]);
  });

  it("a key that is enabled leaves a successor that was cancelled as it is", async () => {
    const made = await create(service);
    const material = await rotate(made, 600);
    const cancelled = await pair.facade.call("POST", `/v1/rotations/${(await rotationOf(made)).id}/cancel`);
    expect(cancelled.status).toBe(200);
    proxy.fail("DeleteApiKey", "throttled", "throttled", "throttled", "throttled");
    await sweep();
    expect(await works(material)).toBe(false);
    expect((await post(made, "disable")).status).toBe(200);
    expect((await post(made, "enable")).status).toBe(200);
    expect([await works(made.old), await works(material)]).toEqual([true, false]);
  });

  it("a key whose old one is gone at the real system can be disabled, and enabled", async () => {
    const made = await create(service);
    const material = await rotate(made, 600);
    const gone = await facadeOf(pair.real).call("POST", `/v1/keys/${service}/${made.id}/disable`);
    expect(gone.status).toBe(200);
    const deleted = await facadeOf(pair.real).call(
      "DELETE",
      `/v1/keys/${service}/${made.id}?confirm=${made.id}`,
    );
    expect(deleted.status).toBe(204);
    expect((await post(made, "disable")).status).toBe(200);
    expect(await works(material)).toBe(false);
    expect((await post(made, "enable")).status).toBe(200);
    expect(await works(material)).toBe(true);
  });

  it("a key that is disabled as a rotation begins is off with its successor", async () => {
    const made = await create(service);
    // The call that disables has looked for the key's rotations, and reaches the real system after the new one.
    proxy.fail(disables[service], "slow");
    const disabling = post(made, "disable");
    await sleep(200);
    const material = await rotate(made, 600);
    expect((await disabling).status).toBe(200);
    expect([await works(made.old), await works(material)]).toEqual([false, false]);
  });
});

it("a key that is restricted as a rotation begins is restricted with its successor", async () => {
  const made = await create("tokenhub");
  proxy.fail("ModifyApiKeyInfo", "slow");
  const { version } = ((await pair.facade.call("GET", made.path)).body as { key: { version: number } }).key;
  const ipAllowlist = ["192.0.2.0/24"];
  const headers = { "if-match": `"${version}"` };
  const restricting = pair.facade.call("PATCH", made.path, { ipAllowlist }, { headers });
  await sleep(200);
  await rotate(made, 600);
  const reply = await restricting;
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  expect((await pair.facade.call("GET", made.path)).body).toMatchObject({ key: { ipAllowlist } });
});

it("a key that is deleted as a rotation begins is gone with its successor", async () => {
  const made = await create("tokenhub");
  proxy.fail("DeleteApiKey", "slow");
  const deleting = pair.facade.call("DELETE", `${made.path}?confirm=${made.id}`);
  await sleep(200);
  const material = await rotate(made, 600);
  const reply = await deleting;
  expect([reply.status, reply.text]).toEqual([204, ""]);
  expect([await works(made.old), await works(material)]).toEqual([false, false]);
  expect((await pair.facade.call("GET", made.path)).status).toBe(404);
});
