import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from "node:crypto";

/**
 * AES-256-GCM with a fresh random nonce. The additional data binds a sealed text to its place: moved to another
 * account, key or generation, it does not open. Nonces are random, so one key may seal 2^32 texts (SP 800-38D); a data
 * key serves one account.
 */
const nonceLength = 12;
const tagLength = 16;

/** Unambiguous, because JSON quotes: `["keyway","1","100000000001","tokenhub","ak-…",1]`. */
export const binding = (...parts: readonly (string | number)[]): Buffer =>
  Buffer.from(JSON.stringify(["keyway", ...parts]));

export const seal = (key: KeyObject, aad: Buffer, text: string | Uint8Array): string => {
  const nonce = randomFillSync(Buffer.allocUnsafe(nonceLength));
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagLength });
  cipher.setAAD(aad);
  const head = typeof text === "string" ? cipher.update(text, "utf8") : cipher.update(text);
  const tail = cipher.final();
  return Buffer.concat([nonce, head, tail, cipher.getAuthTag()]).toString("base64url");
};

export class SealBroken extends Error {
  constructor() {
    super("a sealed text does not open: it was moved, changed, or sealed by another key");
    this.name = "SealBroken";
  }
}

export const open = (key: KeyObject, aad: Buffer, sealed: string): Buffer => {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length < nonceLength + tagLength) throw new SealBroken();
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, nonceLength), {
    authTagLength: tagLength,
  });
  decipher.setAAD(aad);
  decipher.setAuthTag(bytes.subarray(bytes.length - tagLength));
  try {
    const head = decipher.update(bytes.subarray(nonceLength, bytes.length - tagLength));
    const tail = decipher.final();
    return tail.length === 0 ? head : Buffer.concat([head, tail]);
  } catch {
    throw new SealBroken();
  }
};
