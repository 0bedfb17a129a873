import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openReadRecorder } from "../../../lib/audit/reads.ts";
import { readTrail } from "../../../lib/audit/trail.ts";
import { Unavailable } from "../../../lib/errors.ts";
import { jobCaller } from "../../../lib/jobs/caller.ts";
import { fromSealedText, type Material } from "../../../lib/keys/material.ts";
import { Secret } from "../../../lib/keys/secret.ts";
import type { DataPlane } from "../../../lib/providers/upstream/data-plane.ts";
import { UpstreamFailure } from "../../../lib/providers/upstream/failure.ts";
import {
  type FirstLook,
  type KillingParts,
  openFirstLook,
  prepareStop,
} from "../../../lib/providers/upstream/killing.ts";
import type { SeenKey } from "../../../lib/providers/upstream/system.ts";
import { sealedPlace } from "../../../lib/receipts/receipt.ts";
import type { Receipt } from "../../../lib/schemas/receipt.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";

/** What stands between a key and its end, whatever happens to the reading of its secret: nothing. */

let keyway: TestKeyway;
/** What the data plane answers to the living key; null for nothing, ever. */
let answer: number | null;
let asked = 0;
const server = createServer((_, response) => {
  asked += 1;
  if (answer !== null) response.writeHead(answer).end();
});
let plane: DataPlane;
let firstLook: FirstLook;
let now: Date;
beforeAll(async () => {
  keyway = await startKeyway();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/models`;
  plane = { url, method: "GET", header: "authorization", scheme: "Bearer", usualMs: 1000 };
});
beforeEach(() => {
  now = new Date();
  firstLook = openFirstLook(plane, () => now);
  answer = 200;
  asked = 0;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await keyway.stop();
});

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
  return (await prepareStop({ ...parts, firstLook, ...changes }, caller, kept, read))();
};
const readings = async (): Promise<number> =>
  JSON.stringify(await readTrail(keyway.house.store, rootAccount, null, 100)).split("keyway:ReadSecrets")
    .length;

describe("a dying key's secret", () => {
  it("is sealed at the receipt's own place, and its reading is in the trail", async () => {
    const before = await readings();
    const { receipt, sealed } = await prepared(async () => seen(token));
    expect(receipt).toMatchObject({ evidence: "probe", state: "probing", stoppedAt: null, unproven: null });
    expect(asked).toBe(1);
    expect(sealed).not.toContain(secret);
    const { vault } = keyway.house;
    const opened = await vault.open(sealedPlace(rootAccount, receipt.id), sealed ?? "");
    expect(fromSealedText(opened)).toEqual(token);
    await expect(vault.open(sealedPlace(rootAccount, "rcp-another"), sealed ?? "")).rejects.toThrow();
    expect(await readings()).toBe(before + 1);
  });

  const lost = new UpstreamFailure({ kind: "unknown", code: "timeout", requestId: null, status: 0 });
  const away = new Unavailable("KMS is away.", "nothing");
  const fields: Material = { kind: "fields", fields: [{ name: "Token", value: new Secret(secret) }] };
  it.each<[string, NonNullable<Receipt["unproven"]>, () => Promise<SeenKey>, Partial<KillingParts>]>([
    ["that its system does not show", "secret_unread", async () => seen(undefined), {}],
    ["that no call is made with", "secret_unread", async () => seen(fields), {}],
    ["that works from some addresses alone", "allowlist", async () => seen(token, ["192.0.2.0/24"]), {}],
    ["that cannot be read now", "secret_unread", () => Promise.reject(lost), {}],
    ["that takes too long to be read", "secret_unread", never, { sleep: async () => undefined }],
    [
      "that cannot be sealed now",
      "secret_unread",
      async () => seen(token),
      { vault: { seal: () => Promise.reject(away) } },
    ],
    [
      "that takes too long to be sealed",
      "secret_unread",
      async () => seen(token),
      { vault: { seal: never }, sleep: () => setTimeout(50) },
    ],
    [
      "whose reading cannot be recorded",
      "secret_unread",
      async () => seen(token),
      { reads: { record: () => Promise.reject(away) } },
    ],
    ["that nobody would ask with", "not_probed", async () => seen(token), { firstLook: undefined }],
  ])("%s holds up nothing, and the receipt says `%s`", async (_, unproven, read, changes) => {
    expect(await prepared(read, changes)).toEqual({
      receipt: expect.objectContaining({ evidence: "none", state: "done", stoppedAt: null, unproven }),
      sealed: null,
    });
    expect(asked).toBe(0);
  });
});

describe("a living key", () => {
  it.each([401, 403])(
    "that is answered %i is asked about no more: it would be, dead, too",
    async (status) => {
      answer = status;
      const { receipt, sealed } = await prepared(async () => seen(token));
      expect(receipt).toMatchObject({ evidence: "none", state: "done", unproven: "refused_before" });
      expect([sealed, asked]).toEqual([null, 1]);
    },
  );

  it.each([429, 503, 404, 302])("that is answered %i may be seen to work afterwards", async (status) => {
    answer = status;
    const { receipt, sealed } = await prepared(async () => seen(token));
    expect(receipt).toMatchObject({ evidence: "probe", state: "probing", unproven: "unclear_before" });
    expect([sealed, asked]).toEqual([expect.any(String), 1]);
  });

  it("that is not answered holds up nothing for longer than the reading may take", async () => {
    answer = null;
    const waited: number[] = [];
    const sleep = async (ms: number): Promise<void> => {
      waited.push(ms);
      while (asked === 0) await setTimeout(5);
    };
    const { receipt } = await prepared(async () => seen(token), { sleep });
    expect(receipt).toMatchObject({ evidence: "probe", state: "probing", unproven: "unclear_before" });
    expect(waited).toEqual([2000]);
  });

  it("that is not answered leaves the next ones unasked for a while: a hundred would wait, each for all before it", async () => {
    answer = null;
    const soon = async (): Promise<void> => {
      while (asked === 0) await setTimeout(5);
    };
    await prepared(async () => seen(token), { sleep: soon });
    now = new Date(now.getTime() + 9_999);
    const { receipt, sealed } = await prepared(async () => seen(token));
    expect(receipt).toMatchObject({ evidence: "probe", state: "probing", unproven: "unclear_before" });
    expect([sealed, asked]).toEqual([expect.any(String), 1]);
    now = new Date(now.getTime() + 1);
    answer = 200;
    expect((await prepared(async () => seen(token))).receipt).toMatchObject({ unproven: null });
    expect(asked).toBe(2);
  });
});
