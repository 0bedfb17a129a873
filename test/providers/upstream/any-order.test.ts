import { expect, it } from "vitest";
import { applyWish, nothingAsked } from "../../../lib/keys/asked.ts";
import { aioneDialect } from "../../../lib/providers/aione/dialect.ts";
import type { Caller } from "../../../lib/providers/caller.ts";
import { changedFields } from "../../../lib/providers/capabilities.ts";
import { findCreated } from "../../../lib/providers/upstream/create.ts";
import { openSystem } from "../../../lib/providers/upstream/system.ts";
import aione from "../../vectors/samples/aione.json" with { type: "json" };

/** A real system that answers lists in an order of its own. */

const [{ reply } = { reply: {} }] = aione;
const caller = { account: { id: "100000000001" } } as Caller;
const sleep = async (): Promise<void> => undefined;

const systemOf = (more: object) =>
  openSystem(
    "p",
    aioneDialect,
    {
      call: async (call) => {
        const key = { ...reply, ...more };
        return "path" in call && call.path.endsWith("/keys") ? { items: [key] } : key;
      },
    },
    { clock: () => new Date(), sleep },
  );

const lists = { models_allowed: ["m-1", "m-2"], allowed_ips: ["10.0.0.1", "10.0.0.2"] };
const turned = { models_allowed: ["m-2", "m-1"], allowed_ips: ["10.0.0.2", "10.0.0.1"] };

it("keeps the version of a key that says the same", async () => {
  const { key: one } = await systemOf(lists).read(caller, "k-1");
  const { key: other } = await systemOf(turned).read(caller, "k-1");
  expect(other.version).toBe(one.version);
  expect(changedFields(one, other)).toEqual([]);
  const { key: more } = await systemOf({ ...lists, allowed_ips: ["10.0.0.1"] }).read(caller, "k-1");
  expect(more.version).not.toBe(one.version);
});

it("is seen to have made the key that was asked for", async () => {
  const system = systemOf(turned);
  const { key } = await system.read(caller, "k-1");
  const asked = applyWish(nothingAsked, {
    ...key,
    scope: { models: lists.models_allowed },
    ipAllowlist: lists.allowed_ips,
    native: {},
  });
  const intent = {
    ...{ id: "i", operation: "create", about: key.name, requestId: "r" },
    ...{ startedAt: key.createdAt, fingerprint: null, resumed: false },
    ...{ version: 1, heldAt: key.createdAt, foundAt: null, before: null },
  };
  const store = { readDocument: async () => undefined };
  expect(await findCreated({ system, store, provider: "p", sleep }, caller, intent, asked)).toMatchObject({
    seen: { key: { id: key.id } },
  });
});
