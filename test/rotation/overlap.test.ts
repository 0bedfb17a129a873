import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { sweepRound } from "../../functions/jobs/sweep.ts";
import { apigatewayClient } from "../support/apigateway-client.ts";
import type { FacadeReply } from "../support/facade.ts";
import { facadeOf } from "../support/facade-client.ts";
import { rootAccount } from "../support/keyway.ts";
import { type Pair, startPair } from "../support/upstream.ts";

/** Rotations of real systems whose keys have one secret, from the first call to the end of the old key. */

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.stop());

const services = ["tokenhub", "apigateway"] as const;
type Service = (typeof services)[number];

interface Rotated {
  readonly key: {
    readonly id: string;
    readonly graceUntil: string | null;
    readonly native: { currentId?: string };
  };
  readonly material: Readonly<Record<string, string>>;
}
interface Rotation {
  readonly id: string;
  readonly step: string;
  readonly to: string;
  readonly key: string;
  readonly trouble: string | null;
}

const call: Pair["facade"]["call"] = (...of) => pair.facade.call(...of);
const pathOf = (service: Service, id: string): string => `/v1/keys/${service}-real/${id}`;
const rotate = (service: Service, id: string, body: object): Promise<FacadeReply> =>
  call("POST", `${pathOf(service, id)}/rotate`, body);
const rotations = async (query = ""): Promise<readonly Rotation[]> =>
  ((await call("GET", `/v1/rotations${query}`)).body as { items: Rotation[] }).items;
const rotationOf = async (key: string): Promise<Rotation> => {
  const found = (await rotations("?limit=100")).find((one) => one.key === key);
  if (found === undefined) throw new Error("no rotation of this key");
  return found;
};

/** Whether the real system lets the secret in. */
const works = async ({ kind: _, value, ...pairOf }: Readonly<Record<string, string>>): Promise<boolean> => {
  const reply = await facadeOf(pair.real).call("POST", "/v1/verify?scope=partial", { key: value ?? pairOf });
  return (reply.body as { valid: boolean }).valid;
};

/** What the real system has under these ids: `enabled`, `disabled` or nothing. */
const really = async (service: Service, id: string): Promise<unknown> =>
  ((await facadeOf(pair.real).call("GET", `/v1/keys/${service}/${id}`)).body as { key?: { status: string } })
    .key?.status;

const listed = async (service: Service): Promise<readonly string[]> =>
  (
    (await call("GET", `/v1/keys?provider=${service}-real&limit=100`)).body as { items: { id: string }[] }
  ).items.map(({ id }) => id);

const grace = 60;
const sweep = (): Promise<void> => sweepRound(pair.keyway.house)();
/** Keyway's own clock is put on; the real systems are another process, which knows no grace. */
const sweepAfterGrace = async (): Promise<void> => {
  try {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + grace * 1000 + 100, shouldAdvanceTime: true });
    await sweep();
  } finally {
    vi.useRealTimers();
    // Who paces the calls to the real system by the clock sees it go back.
    await sleep(50);
  }
};

const begin = async (service: Service, graceSeconds: number) => {
  const { key, material } = await pair.facade.create(`${service}-real`);
  const reply = await rotate(service, key.id, { grace: graceSeconds, reason: "quarterly" });
  expect([reply.status, reply.text]).toEqual([200, expect.any(String)]);
  return { id: key.id, old: material as unknown as Rotated["material"], ...(reply.body as Rotated) };
};

describe.each(services)("a rotation with overlap at %s", (service) => {
  it("lets both secrets work for the grace, and one key after it, under the id that callers know", async () => {
    const { id, old, key, material } = await begin(service, grace);
    expect(key.id).toBe(id);
    expect(key.graceUntil).not.toBeNull();
    const to = key.native.currentId ?? "";
    expect(to).not.toBe(id);
    expect([await works(old), await works(material)]).toEqual([true, true]);
    expect((await call("GET", pathOf(service, id))).body).toMatchObject({ key: { ...key, id } });
    expect((await call("GET", pathOf(service, to))).status).toBe(404);
    expect((await call("POST", `${pathOf(service, id)}/reveal`)).body).toEqual({ material });
    const ids = await listed(service);
    expect(ids.filter((one) => one === id || one === to)).toEqual([id]);

    await sweep();
    expect(await rotationOf(id)).toMatchObject({ step: "overlap", to, trouble: null });
    await sweepAfterGrace();
    expect(await rotationOf(id)).toMatchObject({ step: "done", trouble: null });
    expect([await really(service, id), await really(service, to)]).toEqual([undefined, "enabled"]);
    expect([await works(old), await works(material)]).toEqual([false, true]);
    expect((await call("GET", pathOf(service, id))).body).toMatchObject({
      key: { id, graceUntil: null, native: { currentId: to } },
    });
    expect((await listed(service)).filter((one) => one === id || one === to)).toEqual([id]);
  });

  it("refuses a secret that is brought along, and says where it may be", async () => {
    const { key } = await pair.facade.create(`${service}-real`);
    const reply = await rotate(service, key.id, { grace: 60, material: { kind: "token", value: "made-up" } });
    const message = {
      tokenhub: "is not supported by the provider `tokenhub-real`",
      apigateway: "goes only with a rotation without a `grace`",
    }[service];
    expect(reply).toMatchObject({
      status: 422,
      body: { code: "unsupported", errors: [{ path: "material", message }] },
    });
  });

  it("ends the old key before it answers where no grace is wanted", async () => {
    if (service === "apigateway") return; // It does that itself, under the same id.
    const { id, old, key, material } = await begin(service, 0);
    expect([key.id, key.graceUntil]).toEqual([id, null]);
    expect([await works(old), await works(material)]).toEqual([false, true]);
    expect(await really(service, id)).toBeUndefined();
  });

  it("that is cancelled leaves the old key as it was, and no successor", async () => {
    const { id, old, key, material } = await begin(service, 600);
    const { id: rotation, to } = await rotationOf(id);
    const cancelled = await call("POST", `/v1/rotations/${rotation}/cancel`);
    expect([cancelled.status, cancelled.text]).toEqual([200, expect.any(String)]);
    expect((await call("POST", `${pathOf(service, id)}/reveal`)).body).toEqual({ material: old });
    await sweep();
    expect(await rotationOf(id)).toMatchObject({ step: "cancelled", trouble: null });
    expect([await really(service, id), await really(service, to)]).toEqual(["enabled", undefined]);
    expect([await works(old), await works(material)]).toEqual([true, false]);
    expect((await call("GET", pathOf(service, id))).body).toMatchObject({
      key: { id, graceUntil: null, native: expect.not.objectContaining({ currentId: key.native.currentId }) },
    });
    const again = await call("POST", `/v1/rotations/${rotation}/cancel`);
    expect([again.status, again.body]).toEqual([409, expect.objectContaining({ code: "state_unsuitable" })]);
  });

  it("kills both secrets with the key, when it is disabled or deleted meanwhile", async () => {
    const { id, old, key, material } = await begin(service, 600);
    await call("POST", `${pathOf(service, id)}/disable`);
    expect([await works(old), await works(material)]).toEqual([false, false]);
    await call("POST", `${pathOf(service, id)}/enable`);
    expect([await works(old), await works(material)]).toEqual([true, true]);
    await call("POST", `${pathOf(service, id)}/disable`);
    const deleted = await call("DELETE", `${pathOf(service, id)}?confirm=${id}`);
    expect([deleted.status, deleted.text]).toEqual([204, ""]);
    expect([await really(service, id), await really(service, key.native.currentId ?? "")]).toEqual([
      undefined,
      undefined,
    ]);
    expect((await call("GET", pathOf(service, id))).status).toBe(404);
    expect(await listed(service)).not.toContain(id);
  });

  it("goes on, and both secrets with it, whatever is refused meanwhile", async () => {
    const { id, old, key, material } = await begin(service, 600);
    const path = pathOf(service, id);
    const stale = { headers: { "if-match": '"1"' } };
    const chosen = { kind: "token", value: "a-secret-of-ones-own-0123456789" };
    const refused = [
      [412, await call("POST", `${path}/rotate`, { grace: 600 }, stale)],
      [412, await call("POST", `${path}/disable`, undefined, stale)],
      [412, await call("POST", `${path}/enable`, undefined, stale)],
      [412, await call("PATCH", path, { name: "another" }, stale)],
      [412, await call("DELETE", `${path}?confirm=${id}`, undefined, stale)],
      [422, await rotate(service, id, { grace: 600, material: chosen })],
    ] as const;
    expect(refused.map(([, { status }]) => status)).toEqual(refused.map(([status]) => status));
    if (service === "apigateway") {
      const removal = await call("DELETE", `${path}?confirm=${id}`);
      expect([removal.status, removal.body]).toEqual([
        409,
        expect.objectContaining({ code: "state_unsuitable" }),
      ]);
    }
    expect([await works(old), await works(material)]).toEqual([true, true]);
    expect(await rotationOf(id)).toMatchObject({ step: "overlap", trouble: null });
    const names = await Promise.all(
      [id, key.native.currentId ?? ""].map(async (one) => {
        const { body } = await facadeOf(pair.real).call("GET", `/v1/keys/${service}/${one}`);
        return (body as { key: { name: string } }).key.name;
      }),
    );
    expect(names).not.toContain("another");
  });

  it("rotated again during its grace drops the oldest secret", async () => {
    const first = await begin(service, 600);
    const reply = await rotate(service, first.id, { grace });
    const second = reply.body as Rotated;
    expect([reply.status, second.key.id]).toEqual([200, first.id]);
    expect([await works(first.old), await works(first.material), await works(second.material)]).toEqual([
      false,
      true,
      true,
    ]);
    await sweepAfterGrace();
    expect([await works(first.material), await works(second.material)]).toEqual([false, true]);
  });

  it("is answered the same to the same call, and begun once", async () => {
    const { key } = await pair.facade.create(`${service}-real`);
    const headers = { "idempotency-key": `rotate-${key.id}` };
    const path = `${pathOf(service, key.id)}/rotate`;
    const first = await call("POST", path, { grace: 60 }, { headers });
    const again = await call("POST", path, { grace: 60 }, { headers });
    expect([first.status, again.status, again.body]).toEqual([200, 200, first.body]);
    expect((await rotations("?limit=100")).filter((one) => one.key === key.id)).toHaveLength(1);
  });
});

it("a successor is in the plans that the old key was in, and what a grace leaves is in none", async () => {
  const { key } = await pair.facade.create("apigateway-real");
  const client = apigatewayClient(pair.real);
  const plan = (await client.CreateUsagePlan({ UsagePlanName: "gold" })).Result?.UsagePlanId ?? "";
  await client.CreateUsagePlan({ UsagePlanName: "other" });
  await client.BindSecretIds({ UsagePlanId: plan, AccessKeyIds: [key.id] });
  const rotated = (await rotate("apigateway", key.id, { grace })).body as Rotated;
  const bound = async (): Promise<unknown> =>
    (await client.DescribeUsagePlan({ UsagePlanId: plan })).Result?.BindSecretIds?.toSorted();
  const to = rotated.key.native.currentId ?? "";
  expect(await bound()).toEqual([key.id, to].toSorted());
  await sweepAfterGrace();
  expect(await bound()).toEqual([to]);
  expect(await rotationOf(key.id)).toMatchObject({ step: "done", trouble: null });
});

it("every step is an event, and none of them holds a secret", async () => {
  const { house } = pair.keyway;
  const account = house.providers.find(({ name }) => name === "tokenhub-real")?.account;
  if (account == null) throw new Error("no account");
  const before = await house.store.lastEventSeq(account);
  const { id, old, material } = await begin("tokenhub", 0);
  const events = await house.store.readEvents(account, before, 100);
  expect(events.map(({ type }) => type)).toEqual([
    "key.created",
    "rotation.started",
    "rotation.advanced",
    "rotation.advanced",
    "key.rotated",
    "rotation.overlapping",
    "rotation.advanced",
    "rotation.advanced",
    "rotation.finished",
  ]);
  expect(events.find(({ type }) => type === "key.rotated")).toMatchObject({ subject: `tokenhub-real/${id}` });
  for (const { value = "none" } of [old, material]) expect(JSON.stringify(events)).not.toContain(value);
});

it.each(services)(
  "all that is told of a key of %s is of the id that callers know, and what is newer has no lower version",
  async (service) => {
    const { store } = pair.keyway.house;
    const seq = await store.lastEventSeq(rootAccount);
    const began = Date.now();
    const { id } = await begin(service, 1);
    const path = pathOf(service, id);
    // No clock is put on here: it would come back.
    await sleep(1100);
    await sweep();
    await rotate(service, id, { grace: 600 });
    // Of both keys, and then of the one that is left.
    for (const what of ["disable", "enable", "disable"]) await call("POST", `${path}/${what}`);
    expect((await call("DELETE", `${path}?confirm=${id}`)).status).toBe(204);
    const events = await store.readEvents(rootAccount, seq, 100);
    const told = (type: string) => events.filter((event) => event.type === type).length;
    const [disabled, enabled] = [told("key.disabled"), told("key.enabled")];
    expect([disabled >= 3, enabled >= 1, told("key.deleted")]).toEqual([true, true, 1]);
    const names = events.map(({ subject, data }) => [subject, (data as { id: string }).id]);
    expect(names).toEqual(events.map(() => [`${service}-real/${id}`, id]));
    const versions = events.map(({ version }) => version);
    expect(versions).toEqual(versions.toSorted((one, other) => one - other));
    expect(versions[0]).toBeGreaterThanOrEqual(began);
    // So does the trail, the readings of its secrets among it.
    const { items } = (await call("GET", "/v1/audit?limit=100")).body as {
      items: { entry: { time: string; target: string | null } }[];
    };
    const entries = items.map(({ entry }) => entry).filter(({ time }) => Date.parse(time) >= began);
    const targets = entries.map(({ target }) => target);
    expect(targets).toContain(`${service}-real/${id}`);
    expect(targets).not.toContain(`${service}-real/${(await rotationOf(id)).to}`);
  },
);
