/** Who did it. `credential` is the principal's id, or a word in brackets when nobody called: `[start]`. */
export interface Actor {
  readonly credential: string;
  readonly subUin: string;
  readonly ip: string;
}

/** What happened, before the chain gives it a place. Nothing here may be secret. */
export interface AuditDraft {
  readonly time: string;
  readonly requestId: string;
  readonly actor: Actor;
  /** `tokenhub:CreateApiKey`, `keyway:CreateCredential`, `keyway:ReadSecrets`, … */
  readonly action: string;
  /** `tokenhub/ak-20260701-…`, `credential/…`; null where an entry is about many. */
  readonly target: string | null;
  readonly details: unknown;
}

/** An entry of an account's chain: its draft as the exact text that was hashed. */
export interface ChainedEntry {
  readonly seq: number;
  readonly prev: string;
  readonly hash: string;
  readonly text: string;
}

export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** Refusals are counted by principal, action, code and minute, so that a flood of them is a few rows. */
export interface RefusalCount {
  readonly account: string;
  readonly principal: string;
  readonly minute: string;
  readonly action: string;
  readonly code: string;
  readonly count: number;
  readonly lastIp: string;
  readonly lastRequestId: string;
}
