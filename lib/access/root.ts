import type { RandomBytes } from "../keys/random.ts";
import { Secret } from "../keys/secret.ts";
import type { AccountId } from "../schemas/key.ts";
import type { Vault } from "../sealing/vault.ts";
import type { CredentialRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { StoreRefusal, type Unit, type Write } from "../store/port/unit.ts";
import {
  adminCounter,
  type CredentialSecrets,
  credentialPlace,
  newAccount,
  newSecrets,
  sealCredential,
} from "./credential.ts";

/** The first account. Other Uins never begin with so many zeros. */
export const rootAccountId = "100000000001" as AccountId;
const rootCredentialId = "root";

interface Parts {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: () => Date;
  readonly random: RandomBytes;
  readonly uuid: () => string;
}

/** A root credential that cannot be set, in words for who set it. */
export class RootFault extends Error {}

const taken = (): RootFault =>
  new RootFault(
    "KEYWAY_ROOT_SECRET_ID or KEYWAY_ROOT_TOKEN is the one of another credential. Choose others.",
  );

/**
 * The root credential after a start: the configured one, which replaces what was stored, or else the stored one. Only
 * the first start of a store makes a new one, and answers it to be shown, once: one that was removed stays removed.
 */
export const ensureRoot = async (
  parts: Parts,
  configured: CredentialSecrets | undefined,
): Promise<CredentialSecrets | undefined> => {
  const stored = await parts.store.readCredential(rootAccountId, rootCredentialId);
  if (stored !== undefined) {
    if (configured !== undefined) await replace(parts, stored, configured);
    return undefined;
  }
  const first = (await parts.store.readAccount(rootAccountId)) === undefined;
  if (configured === undefined && !first) return undefined;
  const secrets = configured ?? newSecrets(parts.random);
  if (await install(parts, secrets, first)) return configured === undefined ? secrets : undefined;
  if ((await parts.store.readCredential(rootAccountId, rootCredentialId)) === undefined) throw taken();
  // Another process was first; what it stored stands, unless ours is configured.
  return ensureRoot(parts, configured);
};

const replace = async (
  parts: Parts,
  stored: CredentialRecord,
  configured: CredentialSecrets,
): Promise<void> => {
  const secretKey = await parts.vault.open(credentialPlace(stored), stored.sealed);
  const same =
    stored.secretId === configured.secretId &&
    secretKey.expose() === configured.secretKey.expose() &&
    stored.tokenDigest === parts.vault.digest(configured.token.expose());
  if (same) return;
  const record = await sealCredential(parts.vault, stored, configured);
  await parts.store
    .commit(unit(parts, "credential.replaced", [{ type: "replaceCredential", record }]))
    .catch((error: unknown) => {
      throw error instanceof StoreRefusal && error.reason === "exists" ? taken() : error;
    });
};

/** False when the root credential was there already. */
const install = async (parts: Parts, secrets: CredentialSecrets, first: boolean): Promise<boolean> => {
  const createdAt = parts.clock().toISOString();
  const account = { ...newAccount(parts.random, parts.uuid, "root", createdAt), id: rootAccountId };
  const record = await sealCredential(
    parts.vault,
    {
      id: rootCredentialId,
      account: rootAccountId,
      subUin: rootAccountId, // the main account itself
      name: "root",
      role: "platform",
      providers: "all",
      createdAt,
    },
    secrets,
  );
  const writes: readonly Write[] = [
    ...(first ? [{ type: "insertAccount", record: account } as const] : []),
    { type: "insertCredential", record },
    { type: "count", account: rootAccountId, counter: adminCounter, by: 1 },
  ];
  try {
    await parts.store.commit(unit(parts, "credential.created", writes));
    return true;
  } catch (error) {
    if (error instanceof StoreRefusal && error.reason === "exists") return false;
    throw error;
  }
};

const actions = {
  "credential.created": "keyway:CreateRoot",
  "credential.replaced": "keyway:ReplaceRoot",
} as const;

const unit = (parts: Parts, type: keyof typeof actions, writes: readonly Write[]): Unit => {
  const now = parts.clock();
  const time = now.toISOString();
  const target = `credential/${rootCredentialId}`;
  return {
    account: rootAccountId,
    writes,
    audit: {
      time,
      requestId: parts.uuid(),
      actor: { credential: "[start]", subUin: rootAccountId, ip: "" },
      action: actions[type],
      target,
      details: {},
    },
    // It has no version: of two words about it the later one counts.
    events: [
      {
        id: parts.uuid(),
        type,
        time,
        subject: target,
        version: now.getTime(),
        data: { id: rootCredentialId },
      },
    ],
  };
};

/** The configured texts as a credential's secrets. */
export const rootSecrets = (root: {
  readonly secretId: string;
  readonly secretKey: string;
  readonly token: string;
}): CredentialSecrets => ({
  secretId: root.secretId,
  secretKey: new Secret(root.secretKey),
  token: new Secret(root.token),
});
