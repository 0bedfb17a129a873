import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csipClient } from "../../support/csip-client.ts";
import { access, credentialsOf } from "../../support/csip-credentials.ts";
import { issueAccount, issueCredential } from "../../support/facade.ts";
import { rootAccount, startKeyway, type TestKeyway } from "../../support/keyway.ts";
import { codeOf } from "../../support/sdk.ts";

/** Each refusal: its code, nothing changed, nothing secret repeated. */

let keyway: TestKeyway;
let existing: string;
let foreign: string;
const clear = randomBytes(18).toString("hex");

beforeAll(async () => {
  keyway = await startKeyway();
  existing = await (await credentialsOf(keyway)).create("mine", access(["Token", clear]));
  const { secretId } = await issueAccount(keyway);
  foreign = await (await credentialsOf(keyway, secretId)).create("theirs", access(["Token", clear]));
});
afterAll(() => keyway.stop());

const missing = "MissingParameter";
const value = "InvalidParameterValue";
const type = "InvalidParameter";
const unknown = "UnknownParameter";
const filter = "InvalidFilter";
const denied = "OperationDenied";
const absent = "ResourceNotFound";
const unauthorized = "UnauthorizedOperation";

type Cases = readonly (readonly [input: object, code: string])[];

/** `mine` and `theirs` as an id stand for ones that are known only when the test runs. */
const resolved = (input: object): object => {
  if (!("CredentialId" in input)) return input;
  const ids = new Map<unknown, string>([
    ["mine", existing],
    ["theirs", foreign],
  ]);
  return { ...input, CredentialId: ids.get(input.CredentialId) ?? input.CredentialId };
};

const memberCases = (input: object): Cases => [
  [{ ...input, MemberId: ["mem-abc12345"] }, denied],
  [{ ...input, MemberId: ["mem-abc12345", "mem-def67890"] }, denied],
  [{ ...input, MemberId: ["abc12345"] }, value],
  [{ ...input, MemberId: [""] }, value],
  [{ ...input, MemberId: "mem-abc12345" }, type],
  [{ ...input, MemberId: [5] }, type],
  [{ ...input, MemberId: [null] }, type],
];

const where = (more: object): object => ({
  Filter: { Filters: [{ Name: "CredentialName", Values: ["mine"], ...more }] },
});

const machines = (count: number): string[] => Array.from({ length: count }, (_, place) => `ins-${place}`);
const machineCases: Cases = [
  [{}, missing],
  [{ InstanceIdList: null }, missing],
  [{ InstanceIdList: [] }, type],
  [{ InstanceIdList: machines(101) }, type],
  [{ InstanceIdList: "ins-abc12345" }, type],
  [{ InstanceIdList: [5] }, type],
  [{ InstanceIdList: [null] }, type],
  ...[
    "",
    "ins",
    "ins-",
    "-abc",
    "INS-abc",
    "ins1-abc",
    "ins-a_b",
    "ins-a-b",
    " ins-a",
    "ins-a\n",
    "ins-密",
  ].map((id) => [{ InstanceIdList: ["ins-good1", id] }, type] as const),
  [{ InstanceIdList: [`ins-${"a".repeat(33)}`] }, type],
  [{ InstanceIdList: ["ins-good1"], InstanceId: "ins-good1" }, unknown],
  ...memberCases({ InstanceIdList: ["ins-good1"] }),
];

describe.each<[action: string, cases: Cases]>([
  [
    "DescribeKeySandboxCredential",
    [
      [{}, missing],
      [{ CredentialId: null }, missing],
      [{ CredentialId: "cred-00000000" }, absent],
      [{ CredentialId: "crd-923a222b" }, absent],
      [{ CredentialId: "no id at all" }, absent],
      [{ CredentialId: "theirs" }, absent],
      [{ CredentialId: 5 }, type],
      [{ CredentialId: ["mine"] }, type],
      [{ CredentialId: "mine", CredentialID: "mine" }, unknown],
      ...memberCases({ CredentialId: "mine" }),
    ],
  ],
  [
    "DescribeKeySandboxCredentialList",
    [
      [{ Filter: { Limit: 201 } }, value],
      [{ Filter: { Limit: -1 } }, value],
      [{ Filter: { Offset: -1 } }, value],
      [{ Filter: { Limit: "10" } }, type],
      [{ Filter: { Limit: 1.5 } }, type],
      [{ Filter: { Offset: "0" } }, type],
      [{ Filter: { Order: "up" } }, value],
      [{ Filter: { Order: 1 } }, type],
      [{ Filter: { By: "UpdateTime" } }, filter],
      [{ Filter: { By: "credentialname" } }, filter],
      [{ Filter: { By: 1 } }, type],
      [{ Filter: [] }, type],
      [{ Filter: "x" }, type],
      [{ Filter: { Filters: {} } }, type],
      [{ Filter: { Filters: [null] } }, type],
      [{ Filter: { Sort: "asc" } }, unknown],
      [{ Filters: [] }, unknown],
      [{ Limit: 10 }, unknown],
      [where({ Name: "CredentialId" }), filter],
      [where({ Name: "credentialName" }), filter],
      [where({ Name: undefined }), missing],
      [where({ Name: 5 }), type],
      [where({ Values: undefined }), missing],
      [where({ Values: "mine" }), type],
      [where({ Values: [5] }), type],
      [where({ ExactMatch: "true" }), unknown],
      ...[-1, 0, 2, 3, 4, 5, 8, 10, 11, 12, 14, 15, 99].map(
        (OperatorType) => [where({ OperatorType }), filter] as const,
      ),
      [where({ Name: "CredentialType", Values: ["sts"], OperatorType: 14 }), filter],
      [where({ OperatorType: "1" }), type],
      ...memberCases({}),
    ],
  ],
  ["InstallKeySandboxSkill", machineCases],
  ["UninstallKeySandboxSkill", machineCases],
])("%s", (action, cases) => {
  it.each(cases)("%j: %s", async (input, code) => {
    const head = () => keyway.house.store.readAuditHead(rootAccount);
    const before = await head();
    const error: unknown = await csipClient(keyway)
      .request(action, resolved(input))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code });
    expect(String(error)).not.toContain(clear);
    expect(await head()).toEqual(before);
    const machine = await keyway.house.store.readDocument(
      rootAccount,
      "csip",
      "sandbox-machine",
      "ins-good1",
    );
    expect(machine).toBeUndefined();
  });
});

const calls: readonly (readonly [action: string, input: object])[] = [
  ["DescribeKeySandboxCredential", { CredentialId: "mine" }],
  ["DescribeKeySandboxCredentialList", {}],
  ["InstallKeySandboxSkill", { InstanceIdList: ["ins-good1"] }],
  ["UninstallKeySandboxSkill", { InstanceIdList: ["ins-good1"] }],
];

describe.each(calls)("%s", (action, input) => {
  const isRead = action.startsWith("Describe");
  it.each([
    ["viewer", undefined, isRead ? "no error" : unauthorized],
    ["auditor", undefined, isRead ? "no error" : unauthorized],
    ["verifier", undefined, unauthorized],
    ["admin", ["tokenhub"], unauthorized],
  ] as const)("by a %s of %j: %s", async (role, providers, code) => {
    const credentials = await issueCredential(keyway, role, providers === undefined ? {} : { providers });
    expect(await codeOf(csipClient(keyway, { credentials }).request(action, resolved(input)))).toBe(code);
  });

  it("by a stranger or with a wrong key", async () => {
    const { secretId, secretKey } = keyway.root;
    const wrong = csipClient(keyway, { credentials: { secretId, secretKey: `${secretKey}x` } });
    expect(await codeOf(wrong.request(action, resolved(input)))).toBe("AuthFailure.SignatureFailure");
    const nobody = csipClient(keyway, { credentials: { secretId: `${secretId}x`, secretKey } });
    expect(await codeOf(nobody.request(action, resolved(input)))).toBe("AuthFailure.SecretIdNotFound");
  });
});

it.each(["CreateKeySandboxCredential", "ModifyKeySandboxCredential", "DeleteKeySandboxCredential"])(
  "%s is no public action",
  async (action) => {
    expect(await codeOf(csipClient(keyway).request(action, {}))).toBe("InvalidAction");
  },
);
