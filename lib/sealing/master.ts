import { Unavailable } from "../errors.ts";
import type { WrappedKey } from "../store/port/records.ts";

/** What a wrapped key belongs to, bound to its wrapping: moved to another account or purpose, it does not open. */
export type WrapContext = Pick<WrappedKey, "id" | "purpose" | "account">;

/** The key that wraps all others. It never leaves its implementation: a file on one machine, KMS in the cloud. */
export interface MasterKeys {
  /** How long an unwrapped key may be used until it is unwrapped again; Infinity where nobody can forbid that. */
  readonly unwrappedMs: number;
  /** What new keys are wrapped by. */
  currentId(): Promise<string>;
  /** A new key of 32 random bytes, and its wrapping. Whoever asked for the bytes zeroes them, also after `unwrap`. */
  generate(masterId: string, context: WrapContext): Promise<GeneratedKey>;
  unwrap(masterId: string, wrapped: string, context: WrapContext): Promise<Buffer>;
  /** The same key, wrapped by another master key. */
  rewrap(masterId: string, wrapped: string, context: WrapContext, nextId: string): Promise<string>;
}

export interface GeneratedKey {
  readonly bytes: Buffer;
  readonly wrapped: string;
}

/** The master key cannot do what it is asked, until somebody mends what the message names. */
export class MasterKeyFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "MasterKeyFault";
  }
}

/** It could not do it now: the same may succeed later, unchanged. */
export class MasterKeyBusy extends Unavailable {
  constructor(message: string) {
    super(message, "nothing");
    this.name = "MasterKeyBusy";
  }
}
