import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
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

it("providers that do not answer are told of once their time is over, and all others are listed", async () => {
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
  const asked = { caller, criteria: {}, position: undefined, limit: 1, timeoutMs: 150 };
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
