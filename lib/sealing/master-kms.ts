import type { EncryptionContext, KmsCalls } from "./kms-calls.ts";
import { kmsFault } from "./kms-fault.ts";
import { MasterKeyFault, type MasterKeys, type WrapContext } from "./master.ts";

const keyLength = 32;

/**
 * What is disabled in KMS, or taken from Keyway's role, ends here within so much. KMS itself needs up to some minutes
 * until such a change is in force everywhere, so less would promise nothing; and an account in use costs each process
 * one call of KMS in this time.
 */
const unwrappedMs = 300_000;

/** An ARN of a key, or its bare id. */
const keyName = /^(?:arn:[\w-]+:kms:[\w-]+:\d{12}:key\/)?[\w-]+$/;

/**
 * The master key in KMS. A wrapped key is opened by the KMS key that its row names, whichever is configured: to rotate
 * to another KMS key, configure that one, wrap all keys anew, and disable the old one when no server or backup needs it.
 * Which keys a row may name is the role's policy to say. The yearly rotation of KMS needs nothing: the key keeps its id,
 * and KMS keeps the old material.
 */
export const kmsMasterKeys = (calls: KmsCalls, keyId: string): MasterKeys => {
  if (!keyName.test(keyId)) {
    // An alias can be pointed at another key, and what is wrapped would not follow it.
    throw new MasterKeyFault(`KEYWAY_KMS_KEY is no ARN of a KMS key: ${keyId}. An alias will not do.`);
  }
  return {
    unwrappedMs,
    currentId: async () => keyId,
    generate: (masterId, context) =>
      told(masterId, async () => {
        const { bytes, wrapped } = await calls.generate(masterId, contextOf(context));
        return { bytes: keyBytes(bytes), wrapped: wrappedKey(wrapped) };
      }),
    unwrap: (masterId, wrapped, context) =>
      told(masterId, async () => keyBytes(await calls.decrypt(masterId, wrapped, contextOf(context)))),
    // Within KMS: of all keys at once, none is shown.
    rewrap: (masterId, wrapped, context, nextId) =>
      told(`${masterId}, or ${nextId},`, async () =>
        wrappedKey(await calls.reEncrypt(masterId, wrapped, contextOf(context), nextId)),
      ),
  };
};

/** CloudTrail shows it, and a policy can ask for it: `kms:EncryptionContext:application`. */
const contextOf = ({ purpose, account, id }: WrapContext): EncryptionContext => ({
  application: "keyway",
  purpose,
  // Keys that serve the whole store have none.
  ...(account !== "" && { account }),
  id,
});

const told = async <T>(masterName: string, call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    throw kmsFault(error, masterName);
  }
};

/** The same memory, so that whoever zeroes it zeroes what the client handed out. */
const keyBytes = (bytes: Uint8Array | undefined): Buffer => {
  if (bytes?.length !== keyLength) throw new MasterKeyFault("KMS answered without a key of 32 bytes.");
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
};

const wrappedKey = (wrapped: string | undefined): string => {
  if (wrapped === undefined) throw new MasterKeyFault("KMS answered without a wrapped key.");
  return wrapped;
};
