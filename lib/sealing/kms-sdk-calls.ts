import { DecryptCommand, GenerateDataKeyCommand, KMSClient, ReEncryptCommand } from "@aws-sdk/client-kms";
import { failureOf } from "../aws/sdk-failure.ts";
import type { EncryptionContext, KmsCalls } from "./kms-calls.ts";

/** Of a whole call with the SDK's attempts: who waits for it has a time limit of its own, at most 29 s behind a gateway. */
const callMs = 5_000;

const limit = (): { readonly abortSignal: AbortSignal } => ({ abortSignal: AbortSignal.timeout(callMs) });

const told = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (error) {
    throw failureOf(error);
  }
};

const textOf = (blob: Uint8Array | undefined): string | undefined =>
  blob === undefined ? undefined : Buffer.from(blob).toString("base64");

export const sdkKmsCalls = (client = new KMSClient()): KmsCalls => ({
  generate: async (KeyId, context) => {
    const { Plaintext, CiphertextBlob } = await told(
      client.send(
        new GenerateDataKeyCommand({ KeyId, KeySpec: "AES_256", EncryptionContext: { ...context } }),
        limit(),
      ),
    );
    return { bytes: Plaintext, wrapped: textOf(CiphertextBlob) };
  },
  decrypt: async (KeyId, wrapped, context) => {
    const CiphertextBlob = Buffer.from(wrapped, "base64");
    const { Plaintext } = await told(
      client.send(new DecryptCommand({ KeyId, CiphertextBlob, EncryptionContext: { ...context } }), limit()),
    );
    return Plaintext;
  },
  reEncrypt: async (keyId, wrapped, context: EncryptionContext, nextId) => {
    const { CiphertextBlob } = await told(
      client.send(
        new ReEncryptCommand({
          SourceKeyId: keyId,
          CiphertextBlob: Buffer.from(wrapped, "base64"),
          SourceEncryptionContext: { ...context },
          DestinationKeyId: nextId,
          DestinationEncryptionContext: { ...context },
        }),
        limit(),
      ),
    );
    return textOf(CiphertextBlob);
  },
});
