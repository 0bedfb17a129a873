import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * `Gitguardian-Signature` of GitGuardian's custom webhooks (docs.gitguardian.com): an HMAC of the raw body, whose key is
 * the time, as sent, and the token after it.
 */

const signatureForm = /^sha256=([0-9a-f]{64})$/;
const timestampForm = /^\d{1,11}(?:\.\d{1,9})?$/;
/** "Some seconds", they say. Theirs is sent once and never again: a clock that is a little off must not lose it. */
const toleranceSeconds = 300;

/** `expired`, of the future too, is said of a right signature only. */
export const verifyGitguardian = (
  body: Buffer,
  headers: { readonly timestamp: string; readonly signature: string },
  token: string,
  nowSeconds: number,
): "ok" | "expired" | "invalid" => {
  const [, hex = ""] = signatureForm.exec(headers.signature) ?? [];
  if (hex === "" || token === "" || !timestampForm.test(headers.timestamp)) return "invalid";
  const mac = createHmac("sha256", `${headers.timestamp}${token}`).update(body).digest();
  if (!timingSafeEqual(mac, Buffer.from(hex, "hex"))) return "invalid";
  return Math.abs(nowSeconds - Number(headers.timestamp)) <= toleranceSeconds ? "ok" : "expired";
};
