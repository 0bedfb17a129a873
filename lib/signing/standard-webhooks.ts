import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto";

/**
 * Standard Webhooks 1.0.0: id, time and body joined by full stops, under an HMAC (v1) or Ed25519 (v1a). The bytes that
 * are sent are signed, and those that came are checked.
 */

export interface WebhookMessage {
  /** The same on each attempt: what a receiver tells a repetition by. */
  readonly id: string;
  /** Of this attempt, in whole seconds. */
  readonly seconds: number;
  readonly body: Buffer;
}

/** As they came; an absent one is empty. */
export interface WebhookHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signature: string;
}

/** For signing, an Ed25519 key is the private one; for checking, it may be either. */
export interface WebhookKey {
  readonly version: WebhookVersion;
  readonly key: KeyObject;
}

interface Algorithm {
  readonly signatureBytes: number;
  readonly sign: (key: KeyObject, text: Buffer) => Buffer;
  readonly verify: (key: KeyObject, text: Buffer, signature: Buffer) => boolean;
}

const macOf = (key: KeyObject, text: Buffer): Buffer => createHmac("sha256", key).update(text).digest();

const algorithms = {
  v1: {
    signatureBytes: 32,
    sign: macOf,
    verify: (key, text, signature) => timingSafeEqual(macOf(key, text), signature),
  },
  v1a: {
    signatureBytes: 64,
    sign: (key, text) => sign(null, text, key),
    verify: (key, text, signature) => verify(null, text, key, signature),
  },
} as const satisfies Readonly<Record<string, Algorithm>>;
export type WebhookVersion = keyof typeof algorithms;

const isVersion = (name: string): name is WebhookVersion => Object.hasOwn(algorithms, name);

/** No number in the text; its libraries take this one, both ways, the bound itself included. */
export const webhookToleranceSeconds = 300;

/** A full stop in an id would move what is signed as the id into the time or the body. */
const idForm = /^[^\s.]{1,256}$/;
const timestampForm = /^\d{1,11}$/;
const signatureHeaderMax = 4096;
/** Each that has the right form is computed once for each key: whoever sends thousands shall not make us work. */
const signaturesMax = 16;

const secretBytesMin = 24;
const secretBytesMax = 64;
const seedBytes = 32;
const publicBytes = 32;

/** What stands before the 32 bytes in DER (RFC 8410): the only forms that node takes and gives of a bare key. */
const fromHex = (text: string): Buffer => Buffer.from(text, "hex");
const privatePrefix = fromHex("302e020100300506032b657004220420");
const publicPrefix = fromHex("302a300506032b6570032100");

/** One spelling for each value: the decoder skips what it does not know and ignores spare bits. */
const fromBase64 = (text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
};

const publicOf = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ format: "der", type: "spki" }).subarray(publicPrefix.length);

/** Seed and public half together; where they do not belong together, what is signed would verify nowhere. */
const privateKey = (bytes: Buffer): KeyObject | undefined => {
  if (bytes.length !== seedBytes + publicBytes) return undefined;
  const der = Buffer.concat([privatePrefix, bytes.subarray(0, seedBytes)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return publicOf(key).equals(bytes.subarray(seedBytes)) ? key : undefined;
};

const publicKey = (bytes: Buffer): KeyObject | undefined =>
  bytes.length === publicBytes
    ? createPublicKey({ key: Buffer.concat([publicPrefix, bytes]), format: "der", type: "spki" })
    : undefined;

const secretKey = (bytes: Buffer): KeyObject | undefined =>
  bytes.length >= secretBytesMin && bytes.length <= secretBytesMax ? createSecretKey(bytes) : undefined;

const keyForms: Readonly<
  Record<
    string,
    { readonly version: WebhookVersion; readonly read: (bytes: Buffer) => KeyObject | undefined }
  >
> = {
  whsec_: { version: "v1", read: secretKey },
  whsk_: { version: "v1a", read: privateKey },
  whpk_: { version: "v1a", read: publicKey },
};

/** `whsec_…`, `whsk_…` or `whpk_…`; undefined for all else. */
export const parseWebhookKey = (text: string): WebhookKey | undefined => {
  const prefix = text.slice(0, text.indexOf("_") + 1);
  const form = Object.hasOwn(keyForms, prefix) ? keyForms[prefix] : undefined;
  const bytes = fromBase64(text.slice(prefix.length));
  const key = bytes && form?.read(bytes);
  return form && key && { version: form.version, key };
};

export const showWebhookSecret = (bytes: Buffer): string => `whsec_${bytes.toString("base64")}`;

/** What a receiver of v1a is given. */
export const showWebhookPublicKey = (key: KeyObject): string => `whpk_${publicOf(key).toString("base64")}`;

/** What a sender of v1a keeps. */
export const showWebhookPrivateKey = (key: KeyObject): string => {
  const seed = key.export({ format: "der", type: "pkcs8" }).subarray(privatePrefix.length);
  return `whsk_${Buffer.concat([seed, publicOf(key)]).toString("base64")}`;
};

const textOf = (id: string, timestamp: string, body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${id}.${timestamp}.`, "utf8"), body]);

/** One signature by each key, the new one and those that it takes the place of. */
export const signWebhook = (
  { id, seconds, body }: WebhookMessage,
  keys: readonly WebhookKey[],
): WebhookHeaders => {
  const timestamp = `${seconds}`;
  if (!idForm.test(id) || !timestampForm.test(timestamp))
    throw new Error("no receiver would take this message");
  if (keys.length === 0) throw new Error("a key is needed to sign");
  const text = textOf(id, timestamp, body);
  const signatures = keys.map(
    ({ version, key }) => `${version},${algorithms[version].sign(key, text).toString("base64")}`,
  );
  return { id, timestamp, signature: signatures.join(" ") };
};

interface Claim {
  readonly version: WebhookVersion;
  readonly signature: Buffer;
}

/** Those that we could check: others are skipped, as receivers have to. */
const claimsOf = (header: string): readonly Claim[] => {
  if (header.length > signatureHeaderMax) return [];
  const found: Claim[] = [];
  for (const part of header.split(" ")) {
    const comma = part.indexOf(",");
    const version = part.slice(0, comma);
    if (!isVersion(version)) continue;
    const signature = fromBase64(part.slice(comma + 1));
    if (signature?.length === algorithms[version].signatureBytes) found.push({ version, signature });
  }
  return found.slice(0, signaturesMax);
};

/** `expired`, of the future too, is said of a right signature only. */
export const verifyWebhook = (
  headers: WebhookHeaders,
  body: Buffer,
  keys: readonly WebhookKey[],
  nowSeconds: number,
): "ok" | "expired" | "invalid" => {
  if (!idForm.test(headers.id) || !timestampForm.test(headers.timestamp)) return "invalid";
  const text = textOf(headers.id, headers.timestamp, body);
  const claims = claimsOf(headers.signature);
  const isSigned = keys.some(({ version, key }) =>
    claims.some(
      (claim) => claim.version === version && algorithms[version].verify(key, text, claim.signature),
    ),
  );
  if (!isSigned) return "invalid";
  return Math.abs(nowSeconds - Number(headers.timestamp)) <= webhookToleranceSeconds ? "ok" : "expired";
};
