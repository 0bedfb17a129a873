import { type RandomBytes, randomDigits, randomHex, randomLetters, withChecksum } from "../keys/random.ts";
import { Secret } from "../keys/secret.ts";
import type { AccountId } from "../schemas/key.ts";
import type { Place, Vault } from "../sealing/vault.ts";
import type { AccountRecord, CredentialRecord } from "../store/port/records.ts";

/** What the holder of a credential gets, once. */
export interface CredentialSecrets {
  readonly secretId: string;
  readonly secretKey: Secret;
  readonly token: Secret;
}

export const tokenPrefix = "kwt_";
/** The counter of credentials that may manage credentials; it never leaves 1 downwards. */
export const adminCounter = "admins";

/** 32 of 62 letters are 190 bits, beyond any guessing. */
const secretLength = 32;

export const newSecrets = (random: RandomBytes): CredentialSecrets => ({
  secretId: `AKID${randomLetters(random, secretLength)}`,
  secretKey: new Secret(randomLetters(random, secretLength)),
  token: new Secret(tokenPrefix + withChecksum(randomLetters(random, secretLength))),
});

/** Twelve digits that begin with 1000, as in the documentation's samples; the root account has the one of zeros. */
export const newUin = (random: RandomBytes): string =>
  `1000${randomInRange(random)}${randomDigits(random, 7)}`;

const randomInRange = (random: RandomBytes): string => {
  const digit = randomDigits(random, 1);
  return digit === "0" ? "1" : digit;
};

export const newAccount = (
  random: RandomBytes,
  uuid: () => string,
  name: string,
  createdAt: string,
): AccountRecord => ({
  id: newUin(random) as AccountId,
  appId: `12${randomDigits(random, 8)}`,
  organisation: uuid(),
  name,
  createdAt,
});

export const newCredentialId = (random: RandomBytes): string => `cred_${randomHex(random, 24)}`;

export const credentialPlace = (record: Pick<CredentialRecord, "account" | "id">): Place => ({
  account: record.account,
  service: "keyway",
  id: record.id,
  generation: 1,
});

export interface CredentialDraft {
  readonly id: string;
  readonly account: AccountId;
  readonly subUin: string;
  readonly name: string;
  readonly role: string;
  readonly providers: "all" | readonly string[];
  readonly createdAt: string;
}

export const sealCredential = async (
  vault: Vault,
  draft: CredentialDraft,
  secrets: CredentialSecrets,
): Promise<CredentialRecord> => ({
  ...draft,
  secretId: secrets.secretId,
  sealed: await vault.seal(credentialPlace(draft), secrets.secretKey),
  tokenDigest: vault.digest(secrets.token.expose()),
});
