import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import * as z from "zod";

export const kmsRegion = "ap-southeast-1";

type State = "Enabled" | "Disabled" | "PendingDeletion";
type Operation = (body: unknown) => Readonly<Record<string, string>>;

/** What KMS does, without its wire. Its keys are made up anew for each run. */
export interface KmsKeys {
  /** The new key's ARN. */
  addKey(): string;
  setState(id: string, state: State): void;
  /** A new key of 32 bytes in Base64, as KMS hands them out. */
  newKey(): string;
  /** Each throws a `KmsRefusal`. */
  readonly operations: Readonly<Record<string, Operation>>;
  /** In Base64, every key that was handed out. */
  readonly shown: readonly string[];
}

/** With KMS's own code for it. */
export class KmsRefusal extends Error {
  readonly code: string;

  constructor(code: string, message = "") {
    super(message);
    this.code = code;
  }
}

const context = z.record(z.string(), z.string());
const bytes = z.base64().transform((text) => Buffer.from(text, "base64"));

/** What each operation takes. Beyond these KMS takes more, and Keyway has no use for it. */
const inputs = {
  GenerateDataKey: z.strictObject({
    KeyId: z.string(),
    KeySpec: z.literal("AES_256"),
    EncryptionContext: context,
  }),
  Encrypt: z.strictObject({
    KeyId: z.string(),
    Plaintext: bytes.refine((plain) => plain.length === 32),
    EncryptionContext: context,
  }),
  // KMS finds the key by the ciphertext where none is named; a caller who leaves that open can be handed another's.
  Decrypt: z.strictObject({ KeyId: z.string(), CiphertextBlob: bytes, EncryptionContext: context }),
  ReEncrypt: z.strictObject({
    SourceKeyId: z.string(),
    CiphertextBlob: bytes,
    SourceEncryptionContext: context,
    DestinationKeyId: z.string(),
    DestinationEncryptionContext: context,
  }),
} as const;

type Context = z.infer<typeof context>;

interface Key {
  readonly arn: string;
  readonly bytes: Buffer;
  state: State;
}

export const openKmsKeys = (): KmsKeys => {
  const keys = new Map<string, Key>();
  const shown: string[] = [];

  const addKey = (): string => {
    const arn = `arn:aws:kms:${kmsRegion}:111122223333:key/${randomUUID()}`;
    keys.set(arn, { arn, bytes: randomBytes(32), state: "Enabled" });
    return arn;
  };
  const keyOf = (id: string): Key => {
    const key = keys.get(id) ?? [...keys.values()].find(({ arn }) => arn.endsWith(`:key/${id}`));
    if (key === undefined) throw new KmsRefusal("NotFoundException", `Key '${id}' does not exist`);
    return key;
  };
  const usable = (id: string, given: Context): Key => {
    const key = keyOf(id);
    if (key.state === "Disabled") throw new KmsRefusal("DisabledException", `${key.arn} is disabled.`);
    if (key.state !== "Enabled") {
      throw new KmsRefusal("KMSInvalidStateException", `${key.arn} is pending deletion.`);
    }
    // As the key's policy may ask of everybody.
    if (given.application !== "keyway") throw new KmsRefusal("AccessDeniedException", "not authorized");
    return key;
  };
  const decrypt = (id: string, blob: Buffer, given: Context): Buffer => {
    const key = usable(id, given);
    const maker = [...keys.values()].find(({ arn }) => blob.includes(arn));
    if (maker === undefined) throw new KmsRefusal("InvalidCiphertextException");
    if (maker !== key) throw new KmsRefusal("IncorrectKeyException");
    return decrypted(key, blob, given);
  };
  const hand = (plain: Buffer): string => {
    const text = plain.toString("base64");
    shown.push(text);
    return text;
  };

  const operations: Readonly<Record<string, Operation>> = {
    GenerateDataKey: (body) => {
      const { KeyId, EncryptionContext } = parsed(inputs.GenerateDataKey, body);
      const key = usable(KeyId, EncryptionContext);
      const plain = randomBytes(32);
      const blob = encrypted(key, plain, EncryptionContext);
      return { KeyId: key.arn, Plaintext: hand(plain), CiphertextBlob: blob };
    },
    Encrypt: (body) => {
      const { KeyId, Plaintext, EncryptionContext } = parsed(inputs.Encrypt, body);
      const key = usable(KeyId, EncryptionContext);
      return { KeyId: key.arn, CiphertextBlob: encrypted(key, Plaintext, EncryptionContext) };
    },
    Decrypt: (body) => {
      const { KeyId, CiphertextBlob, EncryptionContext } = parsed(inputs.Decrypt, body);
      const plain = decrypt(KeyId, CiphertextBlob, EncryptionContext);
      return { KeyId: keyOf(KeyId).arn, Plaintext: hand(plain) };
    },
    ReEncrypt: (body) => {
      const input = parsed(inputs.ReEncrypt, body);
      const plain = decrypt(input.SourceKeyId, input.CiphertextBlob, input.SourceEncryptionContext);
      const key = usable(input.DestinationKeyId, input.DestinationEncryptionContext);
      const blob = encrypted(key, plain, input.DestinationEncryptionContext);
      return { SourceKeyId: keyOf(input.SourceKeyId).arn, KeyId: key.arn, CiphertextBlob: blob };
    },
  };

  return {
    addKey,
    setState: (id, state) => {
      keyOf(id).state = state;
    },
    newKey: () => hand(randomBytes(32)),
    operations,
    shown,
  };
};

const parsed = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const read = schema.safeParse(body);
  if (!read.success) throw new KmsRefusal("ValidationException", z.prettifyError(read.error));
  return read.data;
};

/** The order in which a caller names them is nothing to KMS. */
const contextBytes = (given: Context): Buffer =>
  Buffer.from(JSON.stringify(Object.entries(given).sort(([one], [other]) => (one < other ? -1 : 1))));

const nonceLength = 12;
const tagLength = 16;

/** The ARN of its key, nonce, ciphertext, tag. */
const encrypted = ({ arn, bytes }: Key, plain: Buffer, given: Context): string => {
  const nonce = randomBytes(nonceLength);
  const cipher = createCipheriv("aes-256-gcm", bytes, nonce).setAAD(contextBytes(given));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.from(arn), nonce, sealed, cipher.getAuthTag()]).toString("base64");
};

const decrypted = ({ arn, bytes }: Key, blob: Buffer, given: Context): Buffer => {
  const sealed = blob.subarray(Buffer.byteLength(arn));
  try {
    const decipher = createDecipheriv("aes-256-gcm", bytes, sealed.subarray(0, nonceLength));
    decipher.setAAD(contextBytes(given)).setAuthTag(sealed.subarray(-tagLength));
    return Buffer.concat([decipher.update(sealed.subarray(nonceLength, -tagLength)), decipher.final()]);
  } catch {
    throw new KmsRefusal("InvalidCiphertextException");
  }
};
