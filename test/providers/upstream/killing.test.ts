import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openReadRecorder } from "../../../lib/audit/reads.ts";
import { readTrail } from "../../../lib/audit/trail.ts";
import { Unavailable } from "../../../lib/errors.ts";
import { jobCaller } from "../../../lib/jobs/caller.ts";
import type { Material } from "../../../lib/keys/material.ts";
import { Secret } from "../../../lib/keys/secret.ts";
import { UpstreamFailure } from "../../../lib/providers/upstream/failure.ts";
import { type KillingParts, prepareStop } from "../../../lib/providers/upstream/killing.ts";
import type { SeenKey } from "../../../lib/providers/upstream/system.ts";
import { sealedPlace } from "../../../lib/receipts/receipt.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";

/** What stands between a key and its end, whatever happens to the reading of its secret: nothing. */

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

const secret = "sk-made-up-for-this-test";
const seen = (material: Material | undefined, ipAllowlist: readonly string[] = []): SeenKey =>
  ({ material, key: { ipAllowlist } }) as unknown as SeenKey;
const token: Material = { kind: "token", value: new Secret(secret) };
const never = (): Promise<never> => new Promise(() => undefined);

const prepared = async (read: () => Promise<SeenKey>, changes: Partial<KillingParts> = {}) => {
  const { store, vault, random, clock } = keyway.house;
  const account = await store.readAccount(rootAccount);
  if (account === undefined) throw new Error("the root account is missing");
  const parts = { provider: "p", vault, random, clock, reads: openReadRecorder(store), sleep: never };
  const caller = jobCaller(account, "keyway:DisableKey", "request-1");
  const kept = { key: "ak-1", cause: "disabled" } as const;
  return (await prepareStop({ ...parts, isProbed: true, ...changes }, caller, kept, read))();
};
const readings = async (): Promise<number> =>
  JSON.stringify(await readTrail(keyway.house.store, rootAccount, null, 100)).split("keyway:ReadSecrets")
    .length;

describe("a dying key's secret", () => {
  it("is sealed at the receipt's own place, and its reading is in the trail", async () => {
    const before = await readings();
    const { receipt, sealed } = await prepared(async () => seen(token));
    expect(receipt).toMatchObject({ evidence: "probe", state: "probing", stoppedAt: null });
    expect(sealed).not.toContain(secret);
    const { vault } = keyway.house;
    const opened = await vault.open(sealedPlace(rootAccount, receipt.id), sealed ?? "");
    expect(opened.expose()).toBe(secret);
    await expect(vault.open(sealedPlace(rootAccount, "rcp-another"), sealed ?? "")).rejects.toThrow();
    expect(await readings()).toBe(before + 1);
  });

  const lost = new UpstreamFailure({ kind: "unknown", code: "timeout", requestId: null, status: 0 });
  const away = new Unavailable("KMS is away.", "nothing");
  const pair: Material = { kind: "pair", id: "AKID", secret: new Secret(secret) };
  it.each<[string, () => Promise<SeenKey>, Partial<KillingParts>]>([
    ["that its system does not show", async () => seen(undefined), {}],
    ["that is no token", async () => seen(pair), {}],
    ["that works from some addresses alone", async () => seen(token, ["192.0.2.0/24"]), {}],
    ["that cannot be read now", () => Promise.reject(lost), {}],
    ["that takes too long to be read", never, { sleep: async () => undefined }],
    ["that cannot be sealed now", async () => seen(token), { vault: { seal: () => Promise.reject(away) } }],
    [
      "whose reading cannot be recorded",
      async () => seen(token),
      { reads: { record: () => Promise.reject(away) } },
    ],
    ["that nobody would ask with", async () => seen(token), { isProbed: false }],
  ])("%s holds up nothing, and the receipt says that nobody looked", async (_, read, changes) => {
    expect(await prepared(read, changes)).toEqual({
      receipt: expect.objectContaining({ evidence: "none", state: "done", stoppedAt: null, attempts: 0 }),
      sealed: null,
    });
  });
});
