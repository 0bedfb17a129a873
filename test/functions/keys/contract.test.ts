import { afterAll, beforeAll } from "vitest";
import type { Capabilities } from "../../../lib/providers/capabilities.ts";
import { describeProvider, type ProviderWorld } from "../../contract/provider.ts";
import { facadeOf, providerNames } from "../../support/facade-client.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";

let keyway: TestKeyway;
const worlds = new Map<string, ProviderWorld>();
beforeAll(async () => {
  keyway = await startKeyway();
  const facade = facadeOf(keyway);
  const { items } = (await facade.call("GET", "/v1/providers")).body as {
    items: readonly (Capabilities & { readonly name: string })[];
  };
  for (const service of providerNames) {
    const declared = items.find(({ name }) => name === service);
    if (declared === undefined) throw new Error(`${service} is not there`);
    worlds.set(service, {
      facade,
      provider: service,
      service,
      declared,
      key: async () => (await facade.create(service)).key.id,
    });
  }
});
afterAll(() => keyway.stop());

for (const name of providerNames) {
  describeProvider(`embedded ${name}`, () => {
    const world = worlds.get(name);
    if (world === undefined) throw new Error(`${name} is not there`);
    return world;
  });
}
