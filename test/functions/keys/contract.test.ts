import { afterAll, beforeAll } from "vitest";
import { describeProvider, type ProviderWorld } from "../../contract/provider.ts";
import { describeSupport } from "../../contract/support.ts";
import { providerNames } from "../../support/facade-client.ts";
import { type Pair, startPair, upstreamName, worldsOf } from "../../support/upstream.ts";

/** Both suites of the contract, on one pair of servers: what each provider does, and who sees to it. */

let pair: Pair;
let worlds: ReadonlyMap<string, ProviderWorld>;
beforeAll(async () => {
  pair = await startPair({ keysMax: 1000 });
  worlds = await worldsOf(pair);
});
afterAll(() => pair.stop());

for (const name of [...providerNames, ...providerNames.map(upstreamName)]) {
  const world = (): ProviderWorld => {
    const found = worlds.get(name);
    if (found === undefined) throw new Error(`${name} is not there`);
    return found;
  };
  describeProvider(`the provider ${name}`, world);
  describeSupport(`the provider ${name}`, world);
}
