import type { AuditDraft } from "../../audit/entry.ts";
import type { KeyRecord } from "../../keys/record.ts";
import type { AccountId, ServiceName } from "../../schemas/key.ts";
import type { AccountRecord, CredentialRecord, DocumentRecord, EventDraft, SealedSecret } from "./records.ts";

/** What is written, and why it was not. */

/** Documents that one `progress` writes at most: with when they are due, before and after, a hundred rows of a table. */
export const progressMax = 30;

export type DocumentWrite =
  | { readonly type: "insertDocument"; readonly record: DocumentRecord }
  | { readonly type: "replaceDocument"; readonly record: DocumentRecord; readonly expectedVersion: number }
  | { readonly type: "deleteDocument"; readonly record: DocumentRecord; readonly expectedVersion: number };

export type Write =
  | { readonly type: "insertKey"; readonly record: KeyRecord; readonly secret: SealedSecret }
  | {
      readonly type: "replaceKey";
      readonly record: KeyRecord;
      readonly expectedVersion: number;
      /** All secrets that the key has from now on, the current one among them; without them, the ones it has stay. */
      readonly secrets?: readonly SealedSecret[];
    }
  | {
      readonly type: "deleteKey";
      readonly account: AccountId;
      readonly service: ServiceName;
      readonly id: string;
      readonly expectedVersion: number;
    }
  | {
      readonly type: "insertAlias";
      readonly account: AccountId;
      readonly service: ServiceName;
      readonly alias: string;
      readonly id: string;
    }
  /** Moves a named counter of an account and refuses to leave its bounds: the count limit, the last admin. */
  | {
      readonly type: "count";
      readonly account: AccountId;
      readonly counter: string;
      readonly by: number;
      readonly min?: number;
      readonly max?: number;
    }
  | DocumentWrite
  | { readonly type: "insertAccount"; readonly record: AccountRecord }
  | { readonly type: "insertCredential"; readonly record: CredentialRecord }
  /** Exchanges secrets of a stored credential (same account and id); the old ones fail from this commit on. */
  | { readonly type: "replaceCredential"; readonly record: CredentialRecord }
  | { readonly type: "deleteCredential"; readonly account: AccountId; readonly id: string };

/** What is written together or not at all. The audit entry joins the chain of `account`. */
export interface Unit {
  readonly account: AccountId;
  readonly writes: readonly Write[];
  readonly audit: AuditDraft;
  readonly events: readonly EventDraft[];
}

/**
 * Why nothing was written. `conflict`: the expected version is gone, or the row (read again, decide again);
 * `exists`: the id is taken; `missing`: what should be changed is not there; `limit`: a counter would leave its bounds.
 */
export type RefusalReason = "conflict" | "exists" | "missing" | "limit";

export class StoreRefusal extends Error {
  readonly reason: RefusalReason;
  readonly write: Write["type"];

  constructor(reason: RefusalReason, write: Write["type"]) {
    super(`${write}: ${reason}`);
    this.name = "StoreRefusal";
    this.reason = reason;
    this.write = write;
  }
}
