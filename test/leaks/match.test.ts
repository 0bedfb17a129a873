import { expect, it } from "vitest";
import { Secret } from "../../lib/keys/secret.ts";
import { findHolders } from "../../lib/leaks/match.ts";
import { profiles } from "../../lib/providers/profiles.ts";

it("a key that was made here is found before however many copies of it", async () => {
  const profile = profiles.find(({ service }) => service === "apigateway");
  const keyOf = (id: string, type: "auto" | "manual") => ({
    record: {
      account: id,
      service: "apigateway",
      materialKind: "pair",
      key: { provider: "apigateway", id, native: { type, usagePlans: [] } },
    },
  });
  const copies = Array.from({ length: 150 }, (_, place) => keyOf(`copy-${place}`, "manual"));
  const parts = {
    store: { findKeysByDigest: async () => [...copies, keyOf("made-here", "auto")] },
    vault: { digest: (text: string) => text },
    targets: new Map([["apigateway", { engine: { profile }, port: {} }]]),
  } as unknown as Parameters<typeof findHolders>[0];
  const found = await findHolders(parts, { id: null, secret: new Secret("leaked") }, null);
  expect(found).toHaveLength(100);
  expect(found[0]).toMatchObject({ stored: { record: { key: { id: "made-here" } } }, isChosen: false });
});
