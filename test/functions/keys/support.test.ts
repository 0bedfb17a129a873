import { afterAll, beforeAll } from "vitest";
import type { ProviderWorld } from "../../contract/provider.ts";
import { describeSupport } from "../../contract/support.ts";
import { providerNames } from "../../support/facade-client.ts";
import { type Pair, startPair, upstreamName, worldsOf } from "../../support/upstream.ts";

let pair: Pair;
let worlds: ReadonlyMap<string, ProviderWorld>;
beforeAll(async () => {
  pair = await startPair();
  worlds = await worldsOf(pair);
});
afterAll(() => pair.stop());

for (const name of [...providerNames, ...providerNames.map(upstreamName)]) {
  describeSupport(`the provider ${name}`, () => {
    const world = worlds.get(name);
    if (world === undefined) throw new Error(`${name} is not there`);
    return world;
  });
}
