import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unrestricted } from "../../lib/keys/limits.ts";
import type { Material } from "../../lib/keys/material.ts";
import type { Caller } from "../../lib/providers/caller.ts";
import type { EmbeddedProvider } from "../../lib/providers/embedded.ts";
import type { KeyDraft } from "../../lib/providers/profile.ts";
import type { AccountId, Key } from "../../lib/schemas/key.ts";
import { access, sts } from "../support/csip-credentials.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";

/** What each service refuses, asked at the engine itself: whatever door comes later, none leads around it. */

let keyway: TestKeyway;
let caller: Caller;
beforeAll(async () => {
  keyway = await startKeyway();
  const identity = await keyway.house.authenticator.bySecretId(keyway.root.secretId);
  if (identity === undefined) throw new Error("no root");
  const { account, credential, subUin } = identity.principal;
  const actor = { credential, subUin, ip: "" };
  caller = { account, actor, requestId: "r", action: "test", details: () => ({}) };
});
afterAll(() => keyway.stop());

const provider = (service: string): EmbeddedProvider => {
  const found = keyway.house.native(service);
  if (found === undefined) throw new Error(`no ${service}`);
  return found;
};

const natives: Readonly<Record<string, KeyDraft["native"]>> = {
  tokenhub: { bindings: [], quotaPackages: [] },
  apigateway: { type: "auto", usagePlans: [] },
  csip: { Exclude: 1, Instances: [] },
  aione: {},
};
const draft = (service: string): KeyDraft => ({
  ...unrestricted,
  name: "n",
  description: "",
  status: "enabled",
  native: natives[service] ?? null,
});
const create = async (service: string, change: Partial<KeyDraft> = {}, chosen?: Material): Promise<Key> => {
  const material = chosen ?? (service === "csip" ? access(["Token", "long-enough"]) : undefined);
  return (await provider(service).create(caller, "", { ...draft(service), ...change }, material)).key;
};

const refused = (call: Promise<unknown>): Promise<void> =>
  expect(call).rejects.toMatchObject({ name: "Refusal" });

const changes: readonly (readonly [service: string, what: string, change: (key: Key) => Partial<Key>])[] = [
  ["tokenhub", "the name", () => ({ name: "other" })],
  ["apigateway", "the name", () => ({ name: "other" })],
  ["apigateway", "the type", () => ({ native: { type: "manual", usagePlans: [] } })],
  ["apigateway", "the plans", () => ({ native: { type: "auto", usagePlans: ["usagePlan-ghost000"] } })],
  ["csip", "the scope to nobody", () => ({ native: { Exclude: 0, Instances: [] } })],
  ["aione", "the team", ({ owner }) => ({ owner: { ...owner, team: "team-7" } })],
  ["aione", "the sandbox", () => ({ sandbox: true })],
  ["aione", "the expiry", () => ({ expiresAt: "2099-01-01T00:00:00.000Z" })],
  ["aione", "native", () => ({ native: { more: 1 } })],
];

it.each(changes)("%s: a change of %s is refused", async (service, _, change) => {
  const { id } = await create(service);
  await refused(
    provider(service).change(caller, "", id, "key.updated", (key) => ({ ...key, ...change(key) })),
  );
});

it.each(Object.keys(natives))("%s: a change touches no status, owner, time or preview", async (service) => {
  const before = await create(service);
  const after = await provider(service).change(caller, "", before.id, "key.updated", (key) => ({
    ...key,
    description: "d",
    status: "disabled",
    preview: "x" as Key["preview"],
    graceUntil: "2099-01-01T00:00:00.000Z",
    createdAt: "2001-01-01T00:00:00.000Z",
    owner: { ...key.owner, account: "1" as AccountId, createdBy: "2" },
  }));
  expect(after).toEqual({ ...before, description: "d", version: 2, updatedAt: after.updatedAt });
});

describe("a creation", () => {
  it.each([
    ["apigateway", { name: "with space" }],
    ["apigateway", { native: { type: "other", usagePlans: [] } }],
    ["aione", { team: "team-7" }],
    ["csip", { native: { Exclude: 0, Instances: [] } }],
    ["tokenhub", { native: {} }],
  ])("%s: %j is refused", async (service, change) => {
    await refused(create(service, change));
  });
});

describe("a new secret", () => {
  it("of csip knows no grace", async () => {
    const { id } = await create("csip");
    const material = access(["Token", "another-one"]);
    await refused(provider("csip").renew(caller, "", id, material, "2099-01-01T00:00:00.000Z"));
  });

  it("of TokenHub or AIone is nobody's to choose", async () => {
    for (const service of ["tokenhub", "aione"])
      await refused(create(service, {}, access(["a", "long-enough"])));
  });

  it("of Key Sandbox is not a mask", async () => {
    const masks = [access(["a", "AKI***abcd"]), access(["a", "***"]), sts("aws", "id-in-full", "sec***1234")];
    for (const mask of masks) await refused(create("csip", {}, mask));
    const { id } = await create("csip");
    for (const mask of masks) await refused(provider("csip").renew(caller, "", id, mask, null));
    await create("csip", {}, access(["a", "five*****stars"]));
  });
});
