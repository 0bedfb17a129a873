import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { change } from "../../../lib/providers/upstream/changes.ts";
import { UpstreamFailure } from "../../../lib/providers/upstream/failure.ts";
import { openOnceLedger } from "../../../lib/providers/upstream/once.ts";
import { facadeOf, type Issued } from "../../support/facade-client.ts";
import { type FaultProxy, startFaultProxy } from "../../support/fault-proxy.ts";
import { rootAccount, type TestKeyway } from "../../support/keyway.ts";
import { type Pair, startPair } from "../../support/upstream.ts";

/** The same call, with the same `Idempotency-Key`, to two processes that share their data. */

let pair: Pair;
let proxy: FaultProxy;
let other: TestKeyway;
beforeAll(async () => {
  pair = await startPair({
    front: async (url) => {
      proxy = await startFaultProxy(url);
      return proxy.url;
    },
  });
  other = await pair.beside();
});
afterAll(async () => {
  await other.stop();
  await pair.stop();
  await proxy.stop();
});
afterEach(() => void vi.useRealTimers());

/** Longer than a try is waited for, and less than what a signature's time may be off. */
const later = (seconds = 61): void => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + seconds * 1000 });
};

let serial = 0;
const freshKey = (): string => `two-${++serial}`;

/** The call, by the one process and by the other. */
const sender = (path: string, body: object, key = freshKey()) => {
  const headers = { "idempotency-key": key };
  return {
    first: () => pair.facade.call("POST", path, body, { headers }),
    second: () => facadeOf(other).call("POST", path, body, { headers }),
  };
};

const inFlight = [409, expect.objectContaining({ code: "idempotency_in_flight" })];
const realMaterial = async (service: string, id: string): Promise<unknown> =>
  ((await facadeOf(pair.real).call("POST", `/v1/keys/${service}/${id}/reveal`)).body as { material: unknown })
    .material;
const keysNamed = async (service: string, name: string): Promise<readonly string[]> => {
  const path = `/v1/keys?provider=${service}&q=${name}&limit=100`;
  const { items } = (await facadeOf(pair.real).call("GET", path)).body as { items: { id: string }[] };
  return items.map(({ id }) => id);
};

describe.each([
  ["apigateway", "CreateApiKey", "UpdateApiKey"],
  ["aione", "POST /api/v1/gateway/keys", "PUT /api/v1/gateway/keys/*"],
] as const)("at %s", (service, creation, rotation) => {
  const provider = `${service}-real`;

  it("a creation that is under way is refused to the second, which asks the real system for nothing", async () => {
    const name = freshKey();
    const { first, second } = sender("/v1/keys", { provider, name });
    const { done, release } = proxy.hold(creation);
    const answer = first();
    await done;
    const before = proxy.passed.length;
    const refused = await second();
    expect([refused.status, refused.body]).toEqual(inFlight);
    expect(proxy.passed).toHaveLength(before);
    release();
    const { status, body } = await answer;
    const { key, material } = body as Issued;
    expect(status).toBe(201);
    expect(await realMaterial(service, key.id)).toEqual(material);
    expect((await second()).body).toMatchObject({ key: { id: key.id } });
    expect(await keysNamed(service, name)).toEqual([key.id]);
  });

  it("a rotation that is under way is refused to the second, and happens once", async () => {
    const { key } = await pair.facade.create(provider, { name: freshKey() });
    const { first, second } = sender(`/v1/keys/${provider}/${key.id}/rotate`, {});
    const { done, release } = proxy.hold(rotation);
    const answer = first();
    await done;
    const before = proxy.passed.length;
    expect((await second()).status).toBe(409);
    expect(proxy.passed).toHaveLength(before);
    release();
    const { status, body } = await answer;
    expect([status, (body as Issued).material]).toEqual([200, await realMaterial(service, key.id)]);
  });

  it("a creation that takes too long is taken up by the second, whose outcome is that of the first", async () => {
    const name = freshKey();
    const { first, second } = sender("/v1/keys", { provider, name });
    const { done, release } = proxy.hold(creation);
    const answer = first();
    await done;
    later();
    const taken = await second();
    const { key, material } = taken.body as Issued;
    expect(taken.status).toBe(201);
    release();
    const { status, body } = await answer;
    // AIone tells a secret once, and told it to the second.
    expect([status, body]).toEqual([201, { key, material: service === "aione" ? null : material }]);
    expect(await keysNamed(service, name)).toEqual([key.id]);
    expect(await realMaterial(service, key.id)).toEqual(material);
  });
});

describe("a deletion in a batch", () => {
  const deletion = async () => {
    const { key } = await pair.facade.create("tokenhub-real", { name: freshKey() });
    const operations = [{ op: "delete", provider: "tokenhub-real", id: key.id, confirm: key.id }];
    return sender("/v1/keys:batch", { operations });
  };
  const receipt = expect.objectContaining({ provider: "tokenhub-real", cause: "deleted" });
  const gone = { outcomes: [{ status: 204, body: { receipt } }] };

  it("is told the same however often it is sent", async () => {
    const { first, second } = await deletion();
    const { status, body } = await first();
    expect([status, body]).toEqual([200, gone]);
    for (const send of [first, second]) expect((await send()).body).toEqual(body);
  });

  it("that was done and never told is told by whoever takes it up", async () => {
    const { first, second } = await deletion();
    const { done, release } = proxy.hold("DeleteApiKey");
    const answer = first();
    await done;
    expect((await second()).body).toMatchObject({ outcomes: [{ status: 409 }] });
    later();
    const { body } = await second();
    expect(body).toEqual(gone);
    release();
    expect((await answer).body).toEqual(body);
  });
});

describe("an intent", () => {
  const callerOf = async (isKept = false) => {
    const account = await pair.keyway.house.store.readAccount(rootAccount);
    if (account === undefined) throw new Error("no account");
    return {
      ...{ account, actor: { credential: "c", subUin: "s", ip: "127.0.0.1" }, requestId: "r" },
      ...{ action: "keyway:CreateKey", details: () => ({}) },
      once: { id: freshKey(), fingerprint: "f", isKept: async () => isKept, outcome: () => [] },
    };
  };
  const provider = "tokenhub-real";

  it("of a call whose outcome came after it was looked for is withdrawn, and nothing is asked", async () => {
    const ledger = openOnceLedger(pair.keyway.house, provider);
    const caller = await callerOf(true);
    const asked = { operation: "create", about: "late" };
    await expect(ledger.begin(caller, asked)).rejects.toMatchObject({ code: "idempotency_in_flight" });
    expect(await ledger.standing(caller)).toBeUndefined();
  });

  it("that is carried out once more is waited for as long as the first time", async () => {
    const { house } = pair.keyway;
    const caller = await callerOf();
    let sent = 0;
    const attempt = (found: "unknown" | "not_done") =>
      change(caller, provider, openOnceLedger(house, provider), house.clock, {
        operation: "create",
        about: "lost",
        act: async () => {
          sent += 1;
          throw new UpstreamFailure({ kind: "unknown", code: "timeout", requestId: null, status: 0 });
        },
        settle: async ({ code }) => (code === "timeout" ? "unknown" : found),
        ending: () => {
          throw new Error("it has no end");
        },
      });
    const codes: unknown[] = [];
    for (const found of ["unknown", "not_done", "not_done"] as const) {
      await attempt(found).catch(({ code }: { code: unknown }) => codes.push(code));
      if (sent === 1) later();
    }
    expect(codes).toEqual(["outcome_unknown", "outcome_unknown", "idempotency_in_flight"]);
    expect(sent).toBe(2);
  });
});
