import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sweepRound } from "../../functions/jobs/sweep.ts";
import type { ProviderWorld } from "../contract/provider.ts";
import { facadeOf, leastBody, providerNames } from "../support/facade-client.ts";
import { type Pair, startPair, upstreamName, worldsOf } from "../support/upstream.ts";

/** What a rotation promises, whoever keeps the keys; what a provider declares that it does not do, it refuses by name. */

let pair: Pair;
let worlds: ReadonlyMap<string, ProviderWorld>;
beforeAll(async () => {
  pair = await startPair();
  worlds = await worldsOf(pair);
});
afterAll(() => pair.stop());

type Material = Readonly<Record<string, string>>;
interface Rotated {
  readonly key: { readonly id: string; readonly graceUntil: string | null };
  readonly material: Material;
}

const grace = 2;
const every = providerNames.flatMap((service) => [service, upstreamName(service)]);

describe.each(every)("a rotation at %s", (provider) => {
  const world = (): ProviderWorld => {
    const found = worlds.get(provider);
    if (found === undefined) throw new Error(`no provider ${provider}`);
    return found;
  };
  const chosen = (): object => {
    const [, value] = Object.entries(leastBody[world().service])[0] ?? [];
    return value === undefined ? {} : { material: value };
  };
  /** Whether the secret is let in by whoever keeps the key; of what nobody presents, whether it is what is revealed. */
  const works = async (id: string, material: Material): Promise<boolean> => {
    const { service, native, facade } = world();
    if (service === "csip") {
      const revealed = await facade.call("POST", `/v1/keys/${provider}/${id}/reveal`);
      return JSON.stringify((revealed.body as { material: unknown }).material) === JSON.stringify(material);
    }
    const { kind: _, value, ...shown } = material;
    const reply = await facadeOf(native).call("POST", "/v1/verify?scope=partial", { key: value ?? shown });
    return (reply.body as { valid: boolean }).valid;
  };
  const rotate = async (id: string, body: object) =>
    world().facade.call("POST", `/v1/keys/${provider}/${id}/rotate`, { ...chosen(), ...body });

  it("with a grace lets both secrets work as long as it says, and one after it, or is refused", async () => {
    const { declared, key } = world();
    const id = await key();
    const reply = await rotate(id, { grace, reason: "the suite" });
    if (declared.operations.rotate === "refused" || declared.operations.grace === "refused") {
      expect([reply.status, reply.body]).toEqual([422, expect.objectContaining({ code: "unsupported" })]);
      return;
    }
    const { key: after, material } = reply.body as Rotated;
    expect([reply.status, after.id]).toEqual([200, id]);
    expect(await works(id, material)).toBe(true);
    const second = (await rotate(id, { grace })).body as Rotated;
    expect([await works(id, material), await works(id, second.material)]).toEqual([true, true]);
    await sleep(grace * 1000 + 100);
    await sweepRound(pair.keyway.house)();
    expect([await works(id, material), await works(id, second.material)]).toEqual([false, true]);
  });

  it("without one leaves one secret, or what the provider itself leaves", async () => {
    const { declared, key } = world();
    const id = await key();
    const reply = await rotate(id, {});
    if (declared.operations.rotate === "refused") {
      expect([reply.status, reply.body]).toEqual([422, expect.objectContaining({ code: "unsupported" })]);
      return;
    }
    const { key: after, material } = reply.body as Rotated;
    expect([reply.status, after.id]).toEqual([200, id]);
    const next = (await rotate(id, {})).body as Rotated;
    const isOverlapping = next.key.graceUntil !== null;
    const isNew = JSON.stringify(material) !== JSON.stringify(next.material);
    expect([await works(id, next.material), isNew]).toEqual([true, world().service !== "csip"]);
    if (isNew) expect(await works(id, material)).toBe(isOverlapping);
    const listed = await world().facade.call("GET", `/v1/keys?provider=${provider}&limit=100`);
    const ids = (listed.body as { items: { id: string }[] }).items.map((one) => one.id);
    expect(ids.filter((one) => one === id)).toHaveLength(1);
  });
});
