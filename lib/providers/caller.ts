import type { Actor } from "../audit/entry.ts";
import type { AccountRecord } from "../store/port.ts";

/** On whose behalf something happens, and what the audit trail shall say of it. */
export interface Caller {
  readonly account: AccountRecord;
  readonly actor: Actor;
  readonly requestId: string;
  /** `tokenhub:CreateApiKey` */
  readonly action: string;
  /** The redacted request; a function, because most calls change nothing and need none. */
  readonly details: () => unknown;
}
