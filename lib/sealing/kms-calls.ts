/** What binds a wrapped key to its place, by names that CloudTrail shows. */
export type EncryptionContext = Readonly<Record<string, string>>;

/** The operations of KMS that a master key is made of. Wrapped keys are Base64. All throw `AwsFailure`. */
export interface KmsCalls {
  generate(
    keyId: string,
    context: EncryptionContext,
  ): Promise<{ readonly bytes: Uint8Array | undefined; readonly wrapped: string | undefined }>;
  decrypt(keyId: string, wrapped: string, context: EncryptionContext): Promise<Uint8Array | undefined>;
  /** By another key, under the same context. */
  reEncrypt(
    keyId: string,
    wrapped: string,
    context: EncryptionContext,
    nextId: string,
  ): Promise<string | undefined>;
}
