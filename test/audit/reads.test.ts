import { afterAll, beforeAll, expect, it } from "vitest";
import * as z from "zod";
import { callFacade } from "../support/facade.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";
import { sdkClient } from "../support/sdk.ts";

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

const trail = z.object({
  items: z.array(
    z.object({
      entry: z.object({
        action: z.string(),
        details: z.object({
          readings: z.array(z.object({ targets: z.record(z.string(), z.array(z.string())) })).optional(),
        }),
      }),
    }),
  ),
});

it("of parallel readings each stands in the chain by its request when its reply is there, and they share entries", async () => {
  const client = sdkClient(keyway);
  const ids = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const made = await client.CreateApiKey({ ApiKeyName: "n", Platform: "maas", BindType: "all" });
      return made.ApiKeyId ?? "";
    }),
  );
  const replies = await Promise.all(
    Array.from({ length: 100 }, async (_, place) => {
      const ApiKeyId = ids[place % ids.length] ?? "";
      const { RequestId = "" } = await client.DescribeApiKey({ ApiKeyId, Platform: "maas" });
      return `tokenhub/${ApiKeyId} ${RequestId}`;
    }),
  );
  const { body } = await callFacade(keyway, "GET", "/v1/audit?limit=100");
  const entries = trail.parse(body).items.filter(({ entry }) => entry.action === "keyway:ReadSecrets");
  const written = entries.flatMap(({ entry }) =>
    (entry.details.readings ?? []).flatMap(({ targets }) =>
      Object.entries(targets).flatMap(([target, requests]) =>
        requests.map((request) => `${target} ${request}`),
      ),
    ),
  );
  expect(written.sort()).toEqual(replies.sort());
  expect(entries.length).toBeLessThan(100);
});
