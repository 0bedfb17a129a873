import { createSecretKey, type KeyObject } from "node:crypto";
import { hasChecksum } from "../keys/random.ts";
import type { Secret } from "../keys/secret.ts";
import type { Vault } from "../sealing/vault.ts";
import { deriveSigningKey } from "../signing/tc3.ts";
import type { AccountRecord, CredentialRecord } from "../store/port/records.ts";
import type { Store } from "../store/port/store.ts";
import { credentialPlace, tokenPrefix } from "./credential.ts";
import type { Principal } from "./principal.ts";

/** A credential found by its SecretId, with what a signature is checked by. */
export interface SigningIdentity {
  readonly principal: Principal;
  /** TC3's key of one day and service. */
  tc3Key(date: string, service: string): KeyObject;
  v1Key(): KeyObject;
  /** Keeps a TC3 key for the next call. Call it after the signature held, so that strangers cannot fill the memory. */
  keepTc3Key(date: string, service: string, key: KeyObject): void;
}

export interface Authenticator {
  /** With `turn`, one read of the credential serves all calls of it that carry the same one. */
  bySecretId(secretId: string, turn?: object): Promise<SigningIdentity | undefined>;
  byToken(token: string, turn?: object): Promise<Principal | undefined>;
  /** The same for what is asked on every call of somebody else's: who verified a moment ago may do so still. */
  verifierByToken(token: string, turn?: object): Promise<Principal | undefined>;
}

export interface AuthenticatorOptions {
  readonly clock: () => Date;
  /**
   * How long a removed credential may go on verifying. Zero where reading it costs nothing. It manages nothing in that
   * time, and what it verifies is read anew at each call.
   */
  readonly verifierKeptMs: number;
}

/** What unsealing and derivation cost is kept by the sealed text: a replaced secret never meets an old entry. */
interface Kept {
  readonly secretKey: Secret;
  readonly v1Key: KeyObject;
  scope: string;
  tc3Key: KeyObject | undefined;
}

const keptMax = 10_000;

export const openAuthenticator = (
  store: Store,
  vault: Vault,
  { clock, verifierKeptMs }: AuthenticatorOptions,
): Authenticator => {
  const kept = new Map<string, Kept>();
  const accounts = new Map<string, AccountRecord>();

  const unseal = async (record: CredentialRecord): Promise<Kept> => {
    const secretKey = await vault.open(credentialPlace(record), record.sealed);
    const v1Key = createSecretKey(secretKey.expose(), "utf8");
    const made: Kept = { secretKey, v1Key, scope: "", tc3Key: undefined };
    if (kept.size >= keptMax) kept.clear();
    kept.set(record.sealed, made);
    return made;
  };

  /** Accounts never change and are never removed, so they may be remembered. */
  const readAccount = async (record: CredentialRecord): Promise<AccountRecord> => {
    const found = await store.readAccount(record.account);
    if (found === undefined) throw new Error(`account ${record.account} is missing`);
    if (accounts.size >= keptMax) accounts.clear();
    accounts.set(record.account, found);
    return found;
  };

  const principalOf = (record: CredentialRecord, account: AccountRecord): Principal => ({
    credential: record.id,
    subUin: record.subUin,
    role: record.role,
    providers: record.providers,
    account,
  });

  const identify = async (secretId: string): Promise<SigningIdentity | undefined> => {
    const record = await store.findCredentialBySecretId(secretId);
    if (record === undefined) return undefined;
    // What is kept is not awaited: each wait is a turn of the queue for every call.
    const secrets = kept.get(record.sealed) ?? (await unseal(record));
    const principal = principalOf(record, accounts.get(record.account) ?? (await readAccount(record)));
    return {
      principal,
      tc3Key: (date, service) =>
        secrets.tc3Key !== undefined && secrets.scope === `${date}/${service}`
          ? secrets.tc3Key
          : deriveSigningKey(secrets.secretKey.expose(), date, service),
      v1Key: () => secrets.v1Key,
      keepTc3Key: (date, service, key) => {
        secrets.scope = `${date}/${service}`;
        secrets.tc3Key = key;
      },
    };
  };

  const holder = async (token: string): Promise<Principal | undefined> => {
    // A token of our own form with a wrong checksum was mistyped: no read for it.
    if (token.startsWith(tokenPrefix) && !hasChecksum(token.slice(tokenPrefix.length))) return undefined;
    const record = await store.findCredentialByToken(vault.digest(token));
    if (record === undefined) return undefined;
    return principalOf(record, accounts.get(record.account) ?? (await readAccount(record)));
  };

  const verifiers = new Map<string, { readonly principal: Principal; readonly since: number }>();

  const verifier = async (token: string): Promise<Principal | undefined> => {
    if (verifierKeptMs === 0) return holder(token);
    const since = clock().getTime();
    // Tokens themselves are kept nowhere.
    const digest = vault.digest(token);
    const known = verifiers.get(digest);
    // A clock that was set back ends it, too.
    if (known !== undefined && since - known.since >= 0 && since - known.since < verifierKeptMs) {
      return known.principal;
    }
    verifiers.delete(digest);
    const principal = await holder(token);
    if (principal === undefined) return undefined;
    if (verifiers.size >= keptMax) verifiers.clear();
    verifiers.set(digest, { principal, since });
    return principal;
  };

  return {
    bySecretId: oncePerTurn(identify),
    byToken: oncePerTurn(holder),
    verifierByToken: oncePerTurn(verifier),
  };
};

/** Calls that came together share one look-up. What outlives them the store keeps, for as long as it is true. */
const oncePerTurn = <T>(find: (name: string) => Promise<T>) => {
  const turns = new WeakMap<object, Map<string, Promise<T>>>();
  return (name: string, turn?: object): Promise<T> => {
    if (turn === undefined) return find(name);
    let known = turns.get(turn);
    if (known === undefined) {
      known = new Map();
      turns.set(turn, known);
    }
    let found = known.get(name);
    if (found === undefined) {
      found = find(name);
      known.set(name, found);
    }
    return found;
  };
};
