import type { LightCall } from "../aws/light.ts";
import type { KmsCalls } from "./kms-calls.ts";

const textIn = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const bytesIn = (value: unknown): Uint8Array | undefined =>
  typeof value === "string" ? Buffer.from(value, "base64") : undefined;

/** On the wire all bytes are Base64. */
export const lightKmsCalls = (call: LightCall): KmsCalls => ({
  generate: async (KeyId, EncryptionContext) => {
    const { Plaintext, CiphertextBlob } = await call("GenerateDataKey", {
      KeyId,
      KeySpec: "AES_256",
      EncryptionContext,
    });
    return { bytes: bytesIn(Plaintext), wrapped: textIn(CiphertextBlob) };
  },
  decrypt: async (KeyId, CiphertextBlob, EncryptionContext) => {
    const { Plaintext } = await call("Decrypt", { KeyId, CiphertextBlob, EncryptionContext });
    return bytesIn(Plaintext);
  },
  reEncrypt: async (SourceKeyId, CiphertextBlob, context, DestinationKeyId) => {
    const { CiphertextBlob: again } = await call("ReEncrypt", {
      SourceKeyId,
      CiphertextBlob,
      SourceEncryptionContext: context,
      DestinationKeyId,
      DestinationEncryptionContext: context,
    });
    return textIn(again);
  },
});
