import { afterAll, beforeAll, expect, it } from "vitest";
import { checkpointSigner } from "../../lib/audit/checkpoint.ts";
import { verifyAudit } from "../../lib/audit/verify.ts";
import type { Store } from "../../lib/store/port/store.ts";
import { startKeyway, type TestKeyway } from "../support/keyway.ts";
import { sdkClient } from "../support/sdk.ts";

/** `audit:verify` reads a house that goes on writing. */

let keyway: TestKeyway;

beforeAll(async () => {
  keyway = await startKeyway({});
});
afterAll(() => keyway.stop());

const create = () => sdkClient(keyway).CreateApiKey({ ApiKeyName: "n", Platform: "maas", BindType: "all" });

const faultsIn = async (store: Store): Promise<readonly string[]> => {
  const { publicKey } = checkpointSigner(await keyway.house.vault.checkpointSeed());
  return (await verifyAudit(store, [], publicKey)).faults;
};

it("takes no change that is made meanwhile for a broken chain", async () => {
  await create();
  const { store } = keyway.house;
  const growing: Store = {
    ...store,
    listAuditHeads: async () => {
      const heads = await store.listAuditHeads();
      await create();
      return heads;
    },
  };
  expect(await faultsIn(growing)).toEqual([]);
});

it("names an entry that no head knows of, however late the head is read", async () => {
  const { store } = keyway.house;
  const [before] = await store.listAuditHeads();
  if (before === undefined) throw new Error("there is no chain");
  await create();
  // The heads are those of a moment ago, and so are all that are read again: the last entry was put there by other hands.
  const behind: Store = { ...store, listAuditHeads: async () => [before], readAuditHead: async () => before };
  expect(await faultsIn(behind)).toEqual([
    `account ${before.chain}: entry ${before.seq + 1} is broken: the stored head does not name it`,
  ]);
});
