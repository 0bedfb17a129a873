import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

/** `X-Hub-Signature-256` of GitHub's webhooks: an HMAC of the raw body. The older header, with SHA-1, is not looked at. */

const form = /^sha256=([0-9a-f]{64})$/;

export const verifyHubSignature = (body: Buffer, header: string, key: KeyObject): boolean => {
  const [, hex = ""] = form.exec(header) ?? [];
  if (hex === "" || key.symmetricKeySize === 0) return false;
  return timingSafeEqual(createHmac("sha256", key).update(body).digest(), Buffer.from(hex, "hex"));
};
