import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csipClient } from "../../support/csip-client.ts";
import {
  access,
  credentialsOf,
  everywhere,
  type StoredCredentials,
  sts,
} from "../../support/csip-credentials.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { codeOf, ways } from "../../support/sdk.ts";

/** Detail and list by the official SDK: the documented shapes, and never a clear value. */

let keyway: TestKeyway;
let stored: StoredCredentials;
beforeAll(async () => {
  keyway = await startKeyway();
  stored = await credentialsOf(keyway);
});
afterAll(() => keyway.stop());

const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const requestId = /^[0-9a-f-]{36}$/;
const detail = (CredentialId: string) => csipClient(keyway).DescribeKeySandboxCredential({ CredentialId });
const listed = async (name: string) => {
  const Filters = [{ Name: "CredentialName", OperatorType: 1, Values: [name] }];
  return csipClient(keyway).DescribeKeySandboxCredentialList({ Filter: { Filters } });
};

describe("as in the official samples", () => {
  const middle = () => randomBytes(12).toString("hex");
  const clear = Array.from({ length: 2 }, () => [`AKI${middle()}abcd`, `abc${middle()}wxyz`] as const);
  const [[plainId, plainKey], [stsId, stsKey]] = [clear[0] ?? ["", ""], clear[1] ?? ["", ""]];
  const machines = { Exclude: 1 as const, Instances: ["ins-abc12345", "ins-def67890"] };
  let plain: string;
  let temporary: string;
  beforeAll(async () => {
    const pairs = access(["SecretId", plainId], ["SecretKey", plainKey]);
    plain = await stored.create("生产环境密钥", pairs, { Exclude: 0, Instances: ["ins-abc12345"] });
    temporary = await stored.create("STS临时密钥-测试环境", sts("tencentCam", stsId, stsKey), machines);
  });

  it.each(ways)("by $signMethod over $reqMethod", async (way) => {
    const client = csipClient(keyway, way);
    const one = await client.DescribeKeySandboxCredential({ CredentialId: plain });
    const ofPlain = {
      CredentialId: expect.stringMatching(/^cred-[a-z0-9]{8}$/),
      CredentialName: "生产环境密钥",
      CredentialType: "access",
      CredentialEffectScope: { Exclude: 0, Instances: ["ins-abc12345"] },
      CreateTime: expect.stringMatching(time),
      UpdateTime: one.CreateTime,
    };
    expect(one).toStrictEqual({
      ...ofPlain,
      Access: [
        { Key: "SecretId", Value: "AKI***abcd" },
        { Key: "SecretKey", Value: "abc***wxyz" },
      ],
      RequestId: expect.stringMatching(requestId),
    });

    const two = await client.DescribeKeySandboxCredential({ CredentialId: temporary });
    const ofTemporary = {
      CredentialId: temporary,
      CredentialName: "STS临时密钥-测试环境",
      CredentialType: "sts",
      CredentialEffectScope: machines,
      CreateTime: expect.stringMatching(time),
      UpdateTime: two.CreateTime,
    };
    expect(two).toStrictEqual({
      ...ofTemporary,
      STS: { System: "tencentCam", SecretID: "AKI***abcd", SecretKey: "abc***wxyz" },
      RequestId: expect.stringMatching(requestId),
    });

    const Filters = [{ Name: "CredentialName", Values: ["密钥"] }];
    const list = await client.DescribeKeySandboxCredentialList({ Filter: { Limit: 10, Offset: 0, Filters } });
    expect(list).toStrictEqual({
      Data: [ofTemporary, ofPlain],
      TotalCount: 2,
      RequestId: expect.stringMatching(requestId),
    });
    const said = JSON.stringify([one, two, list]);
    for (const value of clear.flat()) expect(said).not.toContain(value);
  });

  it.each(["ap-guangzhou", "ap-beijing", "na-siliconvalley"])(
    "from %s as without a region",
    async (region) => {
      const client = csipClient(keyway, { region });
      expect((await client.DescribeKeySandboxCredential({ CredentialId: plain })).CredentialId).toBe(plain);
      const here = await csipClient(keyway).DescribeKeySandboxCredentialList({});
      expect((await client.DescribeKeySandboxCredentialList({})).Data).toEqual(here.Data);
    },
  );

  it("for a viewer too, masked", async () => {
    const client = csipClient(keyway, { credentials: await issueCredential(keyway, "viewer") });
    const one = await client.DescribeKeySandboxCredential({ CredentialId: temporary });
    expect(one.STS).toEqual({ System: "tencentCam", SecretID: "AKI***abcd", SecretKey: "abc***wxyz" });
    expect((await client.DescribeKeySandboxCredentialList({})).TotalCount).toBeGreaterThanOrEqual(2);
  });

  it("not for another tenant, and an empty list is a list", async () => {
    const client = csipClient(keyway, { credentials: await issueAccount(keyway) });
    const call = client.DescribeKeySandboxCredential({ CredentialId: plain });
    expect(await codeOf(call)).toBe("ResourceNotFound");
    expect(await client.DescribeKeySandboxCredentialList({})).toMatchObject({ Data: [], TotalCount: 0 });
  });
});

describe("masks", () => {
  it.each([
    ["k", "***"],
    ["sixsix", "***"],
    ["seven77", "sev***en77"],
    ["eighteig", "eig***teig"],
    ["x".repeat(4096), "xxx***xxxx"],
    ["秘密钥匙六字", "***"],
    ["秘密钥匙七个字", "秘密钥***匙七个字"],
    ["😀😁😂🤣😃😄", "***"],
    ["😀😁😂🤣😃😄😅", "😀😁😂***🤣😃😄😅"],
    ["a😀b😁c😂d🤣e", "a😀b***😂d🤣e"],
    ["  spaces in it  ", "  s***it  "],
  ])("%j as %j, in both types", async (value, mask) => {
    const plain = await stored.create("mask", access(["Token", value], ["Again", value]));
    expect((await detail(plain)).Access).toEqual([
      { Key: "Token", Value: mask },
      { Key: "Again", Value: mask },
    ]);
    const temporary = await stored.create("mask", sts("aws", value, value));
    expect((await detail(temporary)).STS).toEqual({ System: "aws", SecretID: mask, SecretKey: mask });
  });

  it("names are clear, in their order", async () => {
    const names = ["Zulu", "令牌", "alpha", "SecretKey", "10", "9"];
    const id = await stored.create("names", access(...names.map((name) => [name, "0123456789"] as const)));
    expect((await detail(id)).Access?.map(({ Key }) => Key)).toEqual(names);
  });
});

it.each([
  everywhere,
  { Exclude: 1 as const, Instances: ["ins-1"] },
  { Exclude: 0 as const, Instances: ["ins-b", "lhins-a", "eks-c"] },
])("effect scope %j in detail and list", async (scope) => {
  const name = `scope ${JSON.stringify(scope)}`;
  const id = await stored.create(name, access(["Token", "0123456789"]), scope);
  expect((await detail(id)).CredentialEffectScope).toStrictEqual(scope);
  expect((await listed(name)).Data?.map((one) => one.CredentialEffectScope)).toStrictEqual([scope]);
});

it("new values show in the mask and in UpdateTime, the rest stays", async () => {
  const id = await stored.create("renewed", access(["Token", "old-value-of-it"]));
  const before = await detail(id);
  await wait(1100);
  await stored.renew(id, access(["Token", "new-value-now"]));
  const after = await detail(id);
  expect(after.Access).toEqual([{ Key: "Token", Value: "new***-now" }]);
  const kept = { Access: [], RequestId: "", UpdateTime: "" };
  expect({ ...after, ...kept }).toEqual({ ...before, ...kept });
  expect(after.UpdateTime).toMatch(time);
  expect(Date.parse(after.UpdateTime ?? "")).toBeGreaterThan(Date.parse(before.UpdateTime ?? ""));
  expect((await listed("renewed")).Data?.[0]?.UpdateTime).toBe(after.UpdateTime);
});

it("a disabled one is still shown, a removed one is gone", async () => {
  const id = await stored.create("goes away", access(["Token", "0123456789"]));
  await stored.disable(id);
  expect((await detail(id)).Access).toEqual([{ Key: "Token", Value: "012***6789" }]);
  expect((await listed("goes away")).TotalCount).toBe(1);
  await stored.remove(id);
  expect(await codeOf(detail(id))).toBe("ResourceNotFound");
  expect(await listed("goes away")).toMatchObject({ Data: [], TotalCount: 0 });
});
