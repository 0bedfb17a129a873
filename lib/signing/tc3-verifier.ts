import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";
import {
  canonicalHeaders,
  canonicalRequest,
  canonicalValue,
  payloadHash,
  stringToSign,
  type Tc3Request,
  utcDate,
} from "./tc3.ts";

/** What an Authorization header claims. Nobody believes it before `verifyTc3`. */
export interface Tc3Claim {
  readonly secretId: string;
  readonly date: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const windowSeconds = 300;
const headerLengthMax = 2048;

/** The service is free text between date and terminator: Node's SDK signs `localhost:8080` for that endpoint. */
const authorizationForm =
  /^TC3-HMAC-SHA256 Credential=([^/,\s]{1,256})\/(\d{4}-\d{2}-\d{2})\/([^,\s]{1,256})\/tc3_request, ?SignedHeaders=([a-z0-9;-]{1,512}), ?Signature=([0-9a-f]{64})$/;

/** Undefined when the header is not in the documented shape. */
export const parseAuthorization = (header: string): Tc3Claim | undefined => {
  if (header.length > headerLengthMax) return undefined;
  const match = authorizationForm.exec(header);
  if (match === null) return undefined;
  const [, secretId = "", date = "", service = "", names = "", signature = ""] = match;
  const signedHeaders = names === "content-type;host" ? ordinaryHeaders : names.split(";");
  // Without these two, a signature could be carried over to another host or kind of body.
  if (!signedHeaders.includes("content-type") || !signedHeaders.includes("host")) return undefined;
  return { secretId, date, service, signedHeaders, signature };
};

const ordinaryHeaders: readonly string[] = ["content-type", "host"];

/** Both sides of five minutes; and the scope's date must be the timestamp's, or a day's key would outlive its day. */
export const checkTime = (
  claim: { readonly date?: string },
  timestampSeconds: number,
  nowSeconds: number,
): "ok" | "expired" | "mismatch" => {
  if (!(Math.abs(nowSeconds - timestampSeconds) <= windowSeconds)) return "expired";
  return claim.date === undefined || claim.date === utcDate(timestampSeconds) ? "ok" : "mismatch";
};

/**
 * Whether the request is the signed one. SDKs differ in what they call host, path and canonical value, so the accepted
 * spellings are tried in turn; each of them covers method, query, body, timestamp and the signed headers.
 */
export const verifyTc3 = (
  request: Tc3Request,
  claim: Tc3Claim,
  timestamp: string,
  signingKey: KeyObject,
): boolean => {
  const { headers } = request;
  const names = claim.signedHeaders;
  if (names.some((name) => headers[name] === undefined)) return false;
  const wanted = Buffer.from(claim.signature, "hex");
  const signedHeaders = names.join(";");
  const bodyHash = payloadHash(request);
  for (const path of request.path === "/" ? rootPath : [...rootPath, request.path]) {
    for (const block of headerBlocks(names, headers)) {
      const canonical = canonicalRequest(request, path, block, signedHeaders, bodyHash);
      const text = stringToSign(timestamp, claim.date, claim.service, canonical);
      if (timingSafeEqual(createHmac("sha256", signingKey).update(text).digest(), wanted)) return true;
    }
  }
  return false;
};

const rootPath: readonly string[] = ["/"];

/** Hosts without and with their port, values lower-cased (as documented) and as sent (as SDKs do). */
const headerBlocks = function* (names: readonly string[], headers: Tc3Request["headers"]): Iterable<string> {
  const seen: string[] = [];
  for (const host of hostsOf(headers.host ?? "")) {
    for (const spell of [canonicalValue, trimmed]) {
      const block = canonicalHeaders(names, (name) => spell(name === "host" ? host : (headers[name] ?? "")));
      if (seen.includes(block)) continue;
      seen.push(block);
      yield block;
    }
  }
};

const trimmed = (value: string): string => value.trim();

/** Node signs the host without its port, the other SDKs the endpoint as configured. */
const hostsOf = (host: string): readonly string[] => {
  const bare = host.replace(/:\d{1,5}$/, "");
  return bare === host ? [host] : [bare, host];
};
