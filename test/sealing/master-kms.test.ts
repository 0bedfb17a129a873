import { inspect } from "node:util";
import { DecryptCommand, EncryptCommand, GenerateDataKeyCommand } from "@aws-sdk/client-kms";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sdkKmsCalls } from "../../lib/sealing/kms-sdk-calls.ts";
import { MasterKeyBusy, MasterKeyFault, type WrapContext } from "../../lib/sealing/master.ts";
import { kmsMasterKeys } from "../../lib/sealing/master-kms.ts";
import { kmsClient, startKms, type TestKms } from "../support/kms.ts";

let kms: TestKms;
beforeEach(async () => {
  kms = await startKms();
});
afterEach(() => kms.stop());

const place: WrapContext = { id: "dk_1", purpose: "data", account: "100000000001" };
const masterOf = ({ keyId }: Pick<TestKms, "keyId"> = kms) =>
  kmsMasterKeys(sdkKmsCalls(kmsClient(kms)), keyId);

const failureOf = async (call: Promise<unknown>): Promise<unknown> => {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
};

describe("the master key in KMS", () => {
  it("makes a key, opens it at its own place, and tells KMS in plain words what it is for", async () => {
    const master = masterOf();
    const { bytes, wrapped } = await master.generate(kms.keyId, place);
    expect(bytes).toHaveLength(32);
    expect((await master.unwrap(kms.keyId, wrapped, place)).equals(bytes)).toBe(true);
    expect(await master.currentId()).toBe(kms.keyId);
    const context = { application: "keyway", purpose: "data", account: "100000000001", id: "dk_1" };
    expect(kms.requests).toEqual([
      {
        operation: "GenerateDataKey",
        body: { KeyId: kms.keyId, KeySpec: "AES_256", EncryptionContext: context },
      },
      {
        operation: "Decrypt",
        body: { KeyId: kms.keyId, CiphertextBlob: wrapped, EncryptionContext: context },
      },
    ]);
  });

  it("names no account for keys of the whole store", async () => {
    await masterOf().generate(kms.keyId, { id: "hk_1", purpose: "digest", account: "" });
    const context = { application: "keyway", purpose: "digest", id: "hk_1" };
    expect(kms.requests[0]?.body.EncryptionContext).toEqual(context);
  });

  it.each<[string, Partial<WrapContext>]>([
    ["account", { account: "100000000002" }],
    ["purpose", { purpose: "digest" }],
    ["id", { id: "dk_2" }],
    ["account left out", { account: "" }],
  ])("opens no key at a place that differs by its %s", async (_, change) => {
    const master = masterOf();
    const { wrapped } = await master.generate(kms.keyId, place);
    const error = await failureOf(master.unwrap(kms.keyId, wrapped, { ...place, ...change }));
    expect(error).toBeInstanceOf(MasterKeyFault);
    expect(String(error)).toMatch(/InvalidCiphertextException.*moved from another account/);
    await expect(
      master.rewrap(kms.keyId, wrapped, { ...place, ...change }, kms.addKey()),
    ).rejects.toBeInstanceOf(MasterKeyFault);
  });

  it("opens what another KMS key wrapped, and wraps it anew inside KMS", async () => {
    const { bytes, wrapped } = await masterOf().generate(kms.keyId, place);
    const nextId = kms.addKey();
    const next = masterOf({ keyId: nextId });
    expect((await next.unwrap(kms.keyId, wrapped, place)).equals(bytes)).toBe(true);
    const shown = kms.shown.length;
    const again = await next.rewrap(kms.keyId, wrapped, place, nextId);
    expect(kms.shown).toHaveLength(shown);
    kms.disable(kms.keyId);
    expect((await next.unwrap(nextId, again, place)).equals(bytes)).toBe(true);
  });

  it("takes an ARN or an id of a key, and no alias", () => {
    for (const keyId of [kms.keyId, "mrk-1234abcd12ab34cd56ef1234567890ab"]) masterOf({ keyId });
    const aliases = ["alias/keyway", "arn:aws:kms:ap-southeast-1:111122223333:alias/keyway", ""];
    for (const keyId of aliases) expect(() => masterOf({ keyId })).toThrow(MasterKeyFault);
  });
});

describe("a refusal of KMS", () => {
  it.each<[string, string, RegExp]>([
    ["AccessDeniedException", "fault", /Allow Keyway's role kms:GenerateDataKey and kms:Decrypt/],
    ["DisabledException", "fault", /enable it/],
    ["KMSInvalidStateException", "fault", /cancel its deletion/],
    ["NotFoundException", "fault", /set KEYWAY_KMS_KEY/],
    ["IncorrectKeyException", "fault", /wrapped by another KMS key/],
    ["InvalidCiphertextException", "fault", /was changed, or moved/],
    ["ExpiredTokenException", "fault", /credentials/],
    ["NeverHeardOfException", "fault", /CloudTrail/],
    ["ThrottlingException", "busy", /try again/],
    ["KMSInternalException", "busy", /try again/],
    ["KeyUnavailableException", "busy", /try again/],
    ["DependencyTimeoutException", "busy", /try again/],
    ["reset", "busy", /ECONNRESET.*try again/],
    ["not JSON", "busy", /try again/],
    ["silence", "busy", /AbortError.*try again/],
  ])("%s is a %s of ours that says what to do, and nothing secret", async (code, kind, words) => {
    const master = masterOf();
    const { bytes, wrapped } = await master.generate(kms.keyId, place);
    const secrets = [bytes.toString("base64"), wrapped];
    for (const call of [
      () => master.unwrap(kms.keyId, wrapped, place),
      () => master.generate(kms.keyId, place),
      () => master.rewrap(kms.keyId, wrapped, place, kms.keyId),
    ].slice(0, code === "silence" ? 1 : 3)) {
      kms.fail(code);
      const error = await failureOf(call());
      expect(error).toBeInstanceOf(kind === "busy" ? MasterKeyBusy : MasterKeyFault);
      expect(String(error)).toMatch(words);
      expect(String(error)).toContain(kms.keyId);
      const all = inspect(error, { depth: 20, showHidden: true });
      for (const text of [...secrets, ...kms.shown, "AWS4-HMAC-SHA256"]) expect(all).not.toContain(text);
    }
    // It was that call alone.
    expect((await master.unwrap(kms.keyId, wrapped, place)).equals(bytes)).toBe(true);
  });

  it("names the request, by which CloudTrail finds it", async () => {
    kms.fail("AccessDeniedException");
    expect(String(await failureOf(masterOf().generate(kms.keyId, place)))).toMatch(/, request [\w-]{36}\./);
  });

  it("is of the state that the key is in", async () => {
    const master = masterOf();
    const { wrapped } = await master.generate(kms.keyId, place);
    kms.scheduleDeletion(kms.keyId);
    await expect(master.unwrap(kms.keyId, wrapped, place)).rejects.toThrow("KMSInvalidStateException");
    kms.disable(kms.keyId);
    await expect(master.generate(kms.keyId, place)).rejects.toThrow("DisabledException");
    kms.enable(kms.keyId);
    await master.unwrap(kms.keyId, wrapped, place);
    const stranger = kms.addKey();
    await expect(master.unwrap(stranger, wrapped, place)).rejects.toThrow("IncorrectKeyException");
    await expect(master.unwrap("mk_0123456789ab", wrapped, place)).rejects.toThrow("NotFoundException");
  });

  it("is busy where nobody listens", async () => {
    const master = masterOf();
    await kms.stop();
    expect(await failureOf(master.generate(kms.keyId, place))).toBeInstanceOf(MasterKeyBusy);
    kms = await startKms();
  });
});

describe("the KMS of these tests", () => {
  const EncryptionContext = { application: "keyway" };

  it.each([
    [
      "a text of another length",
      () => new EncryptCommand({ KeyId: kms.keyId, Plaintext: Buffer.alloc(31), EncryptionContext }),
    ],
    [
      "a key of another length",
      () => new GenerateDataKeyCommand({ KeyId: kms.keyId, KeySpec: "AES_128", EncryptionContext }),
    ],
    [
      "a number of bytes",
      () => new GenerateDataKeyCommand({ KeyId: kms.keyId, NumberOfBytes: 64, EncryptionContext }),
    ],
    ["no context", () => new GenerateDataKeyCommand({ KeyId: kms.keyId, KeySpec: "AES_256" })],
    ["no key", () => new DecryptCommand({ CiphertextBlob: Buffer.alloc(99), EncryptionContext })],
  ])("refuses %s", async (_, command) => {
    expect(await failureOf(send(command()))).toMatchObject({ name: "ValidationException" });
  });

  it("refuses the context of another application", async () => {
    const other = new EncryptCommand({
      KeyId: kms.keyId,
      Plaintext: Buffer.alloc(32),
      EncryptionContext: { a: "b" },
    });
    expect(await failureOf(send(other))).toMatchObject({ name: "AccessDeniedException" });
    const ours = new EncryptCommand({ KeyId: kms.keyId, Plaintext: Buffer.alloc(32), EncryptionContext });
    const { CiphertextBlob } = await kmsClient(kms).send(ours);
    const { Plaintext } = await kmsClient(kms).send(
      new DecryptCommand({ KeyId: kms.keyId, CiphertextBlob, EncryptionContext }),
    );
    expect(Plaintext).toHaveLength(32);
  });

  const send = (command: EncryptCommand | GenerateDataKeyCommand | DecryptCommand): Promise<unknown> => {
    const client = kmsClient(kms);
    if (command instanceof EncryptCommand) return client.send(command);
    return command instanceof DecryptCommand ? client.send(command) : client.send(command);
  };
});
