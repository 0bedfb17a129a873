import { Refusal } from "../../errors.ts";
import type { HttpRequest } from "../../http.ts";
import { verifyWebhook, type WebhookKey } from "../../signing/standard-webhooks.ts";
import { header } from "./door.ts";

/** A sender that did not prove who it is. Which part of the proof is wrong is nobody's business. */
export const unproven = (): Refusal =>
  new Refusal("signature_mismatch", "The signature is not one of this sender over this body.");

export const tooOld = (): Refusal =>
  new Refusal("signature_expired", "The signature is older than 5 minutes, or from the future.");

export const requireVerdict = (verdict: "ok" | "expired" | "invalid"): void => {
  if (verdict === "invalid") throw unproven();
  if (verdict === "expired") throw tooOld();
};

export const requireStandardWebhook = (
  request: HttpRequest,
  keys: readonly WebhookKey[],
  now: Date,
): void => {
  const headers = {
    id: header(request, "webhook-id"),
    timestamp: header(request, "webhook-timestamp"),
    signature: header(request, "webhook-signature"),
  };
  requireVerdict(verifyWebhook(headers, request.body, keys, Math.floor(now.getTime() / 1000)));
};
