import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";

/**
 * How GitHub signs what its secret scanning found (docs.github.com, "Secret scanning partner program"): ECDSA over P-256
 * with SHA-256, of the raw body, by one of the keys that it publishes.
 */

/** One key of the published list, as far as it was understood. */
export interface GithubKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** DER in base64: a P-256 signature has 8 to 72 bytes in it. */
const signatureForm = /^[A-Za-z0-9+/]{11,96}={0,2}$/;

/**
 * The key of a PEM text; undefined for any that is not on P-256. The id of those that GitHub publishes is the SHA-256 of
 * the text, which is not documented: so it proves nothing, and one that differs is not refused.
 */
export const githubKey = (id: string, pem: string): GithubKey | undefined => {
  try {
    const key = createPublicKey(pem);
    const isP256 = key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === "prime256v1";
    return isP256 ? { id, key } : undefined;
  } catch {
    return undefined;
  }
};

export const verifyGithubReport = (body: Buffer, signature: string, { key }: GithubKey): boolean => {
  if (!signatureForm.test(signature)) return false;
  const der = Buffer.from(signature, "base64");
  // One spelling for each: the decoder ignores spare bits.
  return der.toString("base64") === signature && verify("sha256", body, key, der);
};

/** How a reply names a reported secret without repeating it: its SHA-256, in hex. */
export const githubTokenHash = (token: string): string => hash("sha256", token, "hex");
