/** The key that wraps all others. It never leaves its implementation: a file on one machine, KMS in the cloud. */
export interface MasterKeys {
  /** What new keys are wrapped by. */
  currentId(): Promise<string>;
  /** `context` is bound to the wrapping; unwrapping under another one fails. */
  wrap(masterId: string, key: Uint8Array, context: string): Promise<string>;
  unwrap(masterId: string, wrapped: string, context: string): Promise<Buffer>;
}
