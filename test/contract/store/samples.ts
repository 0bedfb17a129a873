import type { AuditDraft, ChainHead } from "../../../lib/audit/entry.ts";
import { noLimits } from "../../../lib/keys/limits.ts";
import type { KeyRecord } from "../../../lib/keys/record.ts";
import { type AccountId, accountId, type KeyStatus, keyId, preview } from "../../../lib/schemas/key.ts";
import type { KeyQuery } from "../../../lib/store/port/key-query.ts";
import type {
  AccountRecord,
  CredentialRecord,
  EventDraft,
  SealedSecret,
} from "../../../lib/store/port/records.ts";
import type { Store } from "../../../lib/store/port/store.ts";
import type { Unit, Write } from "../../../lib/store/port/unit.ts";

let serial = 0;
const unique = (): number => {
  serial += 1;
  return serial;
};

/** An account that no other test uses, so that tests can share a store. */
export const freshAccount = (): AccountId => accountId.parse(`1${String(unique()).padStart(11, "0")}`);

export interface KeySample {
  readonly id?: string;
  readonly name?: string;
  readonly status?: KeyStatus;
  readonly variant?: string;
  readonly provider?: string;
  readonly region?: string;
  readonly createdAt?: string;
  readonly version?: number;
}

export const keyRecord = (account: AccountId, sample: KeySample = {}): KeyRecord => {
  const { id = `ak-${unique()}`, createdAt = "2026-07-01T00:00:00.000Z", version = 1 } = sample;
  const { provider = "tokenhub", name = "a key", status = "enabled" } = sample;
  return {
    account,
    service: "tokenhub",
    region: sample.region ?? "ap-guangzhou",
    variant: sample.variant ?? "model",
    materialKind: "token",
    generation: 1,
    key: {
      provider,
      id: keyId.parse(id),
      name,
      description: "",
      status,
      preview: preview.parse("sk-****abcd"),
      scope: { models: ["deepseek-v3"], endpoints: "all" },
      ipAllowlist: [],
      limits: noLimits,
      sandbox: false,
      expiresAt: null,
      graceUntil: null,
      graceLastUse: null,
      rotatedAt: null,
      owner: { account, team: null, createdBy: "200000000001" },
      createdAt,
      updatedAt: createdAt,
      lastUsedAt: null,
      tags: { team: "日本" },
      version,
      native: { BindType: "model" },
    },
  };
};

export const withKey = (record: KeyRecord, change: Partial<KeyRecord["key"]>): KeyRecord => ({
  ...record,
  key: { ...record.key, ...change },
});

export const sealedSecret = (digest = `digest-${unique()}`): SealedSecret => ({
  generation: 1,
  sealed: `1.dk_1.sealed-${digest}`,
  digest,
  until: null,
});

export const insertKey = (record: KeyRecord, secret = sealedSecret()): Write => ({
  type: "insertKey",
  record,
  secret,
});

export const deleteKey = (record: KeyRecord, expectedVersion = record.key.version): Write => ({
  type: "deleteKey",
  account: record.account,
  service: record.service,
  id: record.key.id,
  expectedVersion,
});

export const auditDraft = (action = "tokenhub:CreateApiKey"): AuditDraft => ({
  time: "2026-07-01T00:00:00.000Z",
  requestId: `request-${unique()}`,
  actor: { credential: "cr_1", subUin: "200000000001", ip: "192.0.2.1" },
  action,
  target: null,
  details: { text: 'quotes " and \n line feeds, 日本' },
});

export const event = (): EventDraft => ({
  id: `ev_${unique()}`,
  type: "key.created",
  time: "2026-07-01T00:00:00.000Z",
  subject: "tokenhub/ak-1",
  version: 1,
  data: { provider: "tokenhub" },
});

export const unitOf = (account: AccountId, ...writes: readonly Write[]): Unit => ({
  account,
  writes,
  audit: auditDraft(),
  events: [],
});

export const commit = (store: Store, account: AccountId, ...writes: readonly Write[]): Promise<ChainHead> =>
  store.commit(unitOf(account, ...writes));

export const accountRecord = (id: AccountId): AccountRecord => ({
  id,
  appId: "1300000001",
  organisation: "0b6c7d1e-3a52-4d5a-9a56-0d9f4e4c1a11",
  name: "a tenant",
  createdAt: "2026-07-01T00:00:00.000Z",
});

export const credentialRecord = (
  account: AccountId,
  change: Partial<CredentialRecord> = {},
): CredentialRecord => {
  const n = unique();
  return {
    id: `cr_${n}`,
    account,
    subUin: `20000000${n}`,
    name: "a principal",
    role: "admin",
    providers: ["tokenhub"],
    secretId: `AKID${n}`,
    sealed: "1.dk_1.sealed",
    tokenDigest: `token-${n}`,
    createdAt: "2026-07-01T00:00:00.000Z",
    ...change,
  };
};

/** All keys of the account's usual list, newest first, twenty at a time, unless told otherwise. */
export const keyQuery = (account: AccountId, change: Partial<KeyQuery> = {}): KeyQuery => ({
  account,
  provider: "tokenhub",
  region: "ap-guangzhou",
  filters: [],
  sort: { by: "createdAt", order: "desc" },
  page: { type: "offset", offset: 0, limit: 20 },
  ...change,
});

export const listedIds = async (store: Store, query: KeyQuery): Promise<readonly string[]> =>
  (await store.listKeys(query)).items.map((record) => record.key.id);
