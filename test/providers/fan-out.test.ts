import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fanOut } from "../../lib/providers/fan-out.ts";
import { type Pair, startPair, upstreamName } from "../support/upstream.ts";

/** A real system that takes every call and answers none. */
const silent = createServer(() => undefined);
let pair: Pair;
beforeAll(async () => {
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  pair = await startPair({ front: () => `http://127.0.0.1:${(silent.address() as AddressInfo).port}` });
  await pair.facade.create("tokenhub");
  await pair.facade.create("aione");
});
afterAll(async () => {
  await pair.stop();
  silent.closeAllConnections();
  silent.close();
});

const askedOf = async (limit: number) => {
  const { house, root } = pair.keyway;
  const principal = await house.authenticator.byToken(root.token);
  if (principal === undefined) throw new Error("no principal");
  const caller = {
    account: principal.account,
    actor: { credential: "c", subUin: "s", ip: "127.0.0.1" },
    requestId: "r",
    action: "keyway:ListKeys",
    details: () => ({}),
  };
  return { caller, criteria: {}, position: undefined, limit, timeoutMs: 150 };
};

it("providers that do not answer are told of once their time is over, and all others are listed", async () => {
  const { house } = pair.keyway;
  const asked = await askedOf(1);
  const { items, warnings, next } = await fanOut(house.providers, asked);
  expect(items.map(({ provider }) => provider)).toEqual(["aione"]);
  expect(warnings.map(({ provider, code }) => [provider, code])).toEqual(
    (["tokenhub", "apigateway", "csip", "aione"] as const).map((service) => [
      upstreamName(service),
      "upstream_timeout",
    ]),
  );
  // They are tried again with the next page, which the others have.
  const rest = await fanOut(house.providers, { ...asked, position: next ?? undefined });
  expect(rest.items.map(({ provider }) => provider)).toEqual(["tokenhub"]);
  expect(rest.warnings).toHaveLength(4);
  // They alone do not make another page: whoever follows cursors comes to an end.
  expect(rest.next).toBeNull();
});

describe("a provider that cannot tell of its regions", () => {
  it.each([
    ["in time", "upstream_timeout", () => new Promise<never>(() => undefined)],
    ["at all", "internal", () => Promise.reject(new Error("a fault of ours"))],
  ])("%s is told of, and asked again with the next page", async (_, code, sources) => {
    const embedded = pair.keyway.house.providers.filter(({ mode }) => mode === "embedded");
    const broken = embedded.map((one) => (one.name === "aione" ? { ...one, sources } : one));
    const asked = await askedOf(1);
    await pair.facade.create("tokenhub");
    const first = await fanOut(broken, asked);
    expect(first.items.map(({ provider }) => provider)).toEqual(["tokenhub"]);
    expect(first.warnings).toMatchObject([{ provider: "aione", code }]);
    const second = await fanOut(broken, { ...asked, position: first.next ?? undefined });
    expect(second.warnings).toMatchObject([{ provider: "aione", code }]);
    // It is back: its keys, which no page has shown, come along with the rest.
    const rest = await fanOut(embedded, {
      ...asked,
      limit: 100,
      position: first.next ?? undefined,
      timeoutMs: 10_000,
    });
    expect(rest.items.map(({ provider }) => provider)).toContain("aione");
    expect(rest.items.map(({ provider }) => provider)).toContain("tokenhub");
    expect(rest.warnings).toEqual([]);
  });
});
