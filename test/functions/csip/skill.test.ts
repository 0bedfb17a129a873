import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AccountId } from "../../../lib/schemas/key.ts";
import { csipClient } from "../../support/csip-client.ts";
import { credentialsOf } from "../../support/csip-credentials.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { ways } from "../../support/sdk.ts";

/** Installing and removing the agent skill: idempotent, no answer but a RequestId, kept for each machine. */

let keyway: TestKeyway;
beforeAll(async () => {
  keyway = await startKeyway();
});
afterAll(() => keyway.stop());

const isInstalled = async (id: string, account: AccountId = rootAccount): Promise<boolean> =>
  (await keyway.house.store.readDocument(account, "csip", "sandbox-machine", id)) !== undefined;
const areInstalled = (ids: readonly string[], account?: AccountId): Promise<boolean[]> =>
  Promise.all(ids.map((id) => isInstalled(id, account)));
const install = (InstanceIdList: string[]) => csipClient(keyway).InstallKeySandboxSkill({ InstanceIdList });
const uninstall = (InstanceIdList: string[]) =>
  csipClient(keyway).UninstallKeySandboxSkill({ InstanceIdList });

const nothingElse = { RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) };

it.each(ways)("by $signMethod over $reqMethod", async (way) => {
  const client = csipClient(keyway, way);
  const InstanceIdList = ["ins-abc12345", "lhins-def67890", "eks-Ghi24680"];
  expect(await areInstalled(InstanceIdList)).toEqual([false, false, false]);
  for (const _ of ["first", "again"]) {
    expect(await client.InstallKeySandboxSkill({ InstanceIdList })).toStrictEqual(nothingElse);
    expect(await areInstalled(InstanceIdList)).toEqual([true, true, true]);
  }
  const one = { InstanceIdList: ["lhins-def67890"] };
  expect(await client.UninstallKeySandboxSkill(one)).toStrictEqual(nothingElse);
  expect(await areInstalled(InstanceIdList)).toEqual([true, false, true]);
  for (const _ of ["first", "again"]) {
    expect(await client.UninstallKeySandboxSkill({ InstanceIdList })).toStrictEqual(nothingElse);
    expect(await areInstalled(InstanceIdList)).toEqual([false, false, false]);
  }
});

describe("a list", () => {
  it.each<[string, string[]]>([
    ["of one", ["ins-1"]],
    ["of a hundred", Array.from({ length: 100 }, (_, place) => `ins-many${place}`)],
    ["with repeated ids", ["ins-twice", "ins-once", "ins-twice"]],
    ["with the longest and the shortest id", [`ins-${"A1z".repeat(11).slice(1)}`, "a-b"]],
  ])("%s goes on and off", async (_, ids) => {
    expect(await install(ids)).toStrictEqual(nothingElse);
    expect(new Set(await areInstalled(ids))).toEqual(new Set([true]));
    expect(await uninstall(ids)).toStrictEqual(nothingElse);
    expect(new Set(await areInstalled(ids))).toEqual(new Set([false]));
  });

  it("partly installed already is installed as a whole", async () => {
    await install(["ins-p1", "ins-p3"]);
    expect(await install(["ins-p1", "ins-p2", "ins-p3"])).toStrictEqual(nothingElse);
    expect(await areInstalled(["ins-p1", "ins-p2", "ins-p3"])).toEqual([true, true, true]);
    expect(await uninstall(["ins-p2", "ins-never"])).toStrictEqual(nothingElse);
    expect(await areInstalled(["ins-p1", "ins-p2", "ins-p3"])).toEqual([true, false, true]);
  });
});

it("an empty MemberId is the caller's own account", async () => {
  const request = { InstanceIdList: ["ins-member"], MemberId: [] };
  await csipClient(keyway).InstallKeySandboxSkill(request);
  expect(await isInstalled("ins-member")).toBe(true);
  await csipClient(keyway).UninstallKeySandboxSkill(request);
  expect(await isInstalled("ins-member")).toBe(false);
});

it("the region does not matter", async () => {
  const request = { InstanceIdList: ["ins-region"] };
  await csipClient(keyway, { region: "ap-beijing" }).InstallKeySandboxSkill(request);
  await csipClient(keyway, { region: "ap-guangzhou" }).InstallKeySandboxSkill(request);
  expect(await isInstalled("ins-region")).toBe(true);
  await csipClient(keyway).UninstallKeySandboxSkill(request);
  expect(await isInstalled("ins-region")).toBe(false);
});

it("several who want the same at once all succeed", async () => {
  const ids = ["ins-race1", "ins-race2"];
  const together = [1, 2, 3, 4];
  const replies = await Promise.all(together.map(() => install(ids)));
  expect(replies).toStrictEqual(together.map(() => nothingElse));
  expect(await areInstalled(ids)).toEqual([true, true]);
  expect(await Promise.all(together.map(() => uninstall(ids)))).toStrictEqual(replies.map(() => nothingElse));
  expect(await areInstalled(ids)).toEqual([false, false]);
});

it("each account has its own machines", async () => {
  const stranger = await issueAccount(keyway);
  const { account } = await credentialsOf(keyway, stranger.secretId);
  const client = csipClient(keyway, { credentials: stranger });
  const request = { InstanceIdList: ["ins-shared"] };
  await install(request.InstanceIdList);
  expect([await isInstalled("ins-shared"), await isInstalled("ins-shared", account)]).toEqual([true, false]);
  await client.InstallKeySandboxSkill(request);
  await uninstall(request.InstanceIdList);
  expect([await isInstalled("ins-shared"), await isInstalled("ins-shared", account)]).toEqual([false, true]);
  await client.UninstallKeySandboxSkill(request);
  expect(await isInstalled("ins-shared", account)).toBe(false);
});

it("an operator may", async () => {
  const client = csipClient(keyway, { credentials: await issueCredential(keyway, "operator") });
  await client.InstallKeySandboxSkill({ InstanceIdList: ["ins-operator"] });
  expect(await isInstalled("ins-operator")).toBe(true);
  await client.UninstallKeySandboxSkill({ InstanceIdList: ["ins-operator"] });
  expect(await isInstalled("ins-operator")).toBe(false);
});
