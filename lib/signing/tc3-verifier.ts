import { type KeyObject, timingSafeEqual } from "node:crypto";
import { hmac } from "./digest.ts";
import { isHost, withoutPort } from "./host.ts";
import {
  algorithm,
  canonicalHeaders,
  canonicalRequest,
  canonicalValue,
  payloadHash,
  stringToSign,
  type Tc3Request,
  terminator,
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
const fieldLengthMax = 256;
const dateLength = 10;
const digestLength = 32;

const credentialLabel = `${algorithm} Credential=`;
const signedHeadersLabel = "SignedHeaders=";
const signatureLabel = "Signature=";
const credentialEnd = `/${terminator}`;

// Each is one class of characters or a fixed length, so that none can backtrack.
const printable = /^[\x21-\x7e]+$/;
const dateForm = /^\d{4}-\d{2}-\d{2}$/;
const headerName = /^[a-z0-9-]+$/;
const signatureForm = /^[0-9a-f]{64}$/;

/** Undefined when the header is not in the documented shape. */
export const parseAuthorization = (header: string): Tc3Claim | undefined => {
  if (header.length > headerLengthMax || !header.startsWith(credentialLabel)) return undefined;
  const credentialStop = header.indexOf(",");
  const namesStop = header.indexOf(",", credentialStop + 1);
  if (credentialStop < 0 || namesStop < 0) return undefined;
  const names = labelled(header.slice(credentialStop + 1, namesStop), signedHeadersLabel);
  const signature = labelled(header.slice(namesStop + 1), signatureLabel);
  if (names === undefined || signature === undefined || !signatureForm.test(signature)) return undefined;
  const signedHeaders = names === "content-type;host" ? ordinaryHeaders : listed(names);
  const scope = scopeOf(header.slice(credentialLabel.length, credentialStop));
  if (signedHeaders === undefined || scope === undefined) return undefined;
  const { secretId, date, service } = scope;
  return { secretId, date, service, signedHeaders, signature };
};

/** Between the parts stands a comma, with or without a space. */
const labelled = (part: string, label: string): string | undefined => {
  const start = part.startsWith(" ") ? 1 : 0;
  return part.startsWith(label, start) ? part.slice(start + label.length) : undefined;
};

const ordinaryHeaders: readonly string[] = ["content-type", "host"];

/** Each name once and few of them: a long header named a thousand times would be hashed a thousand times over. */
const signedHeadersMax = 32;

const listed = (text: string): readonly string[] | undefined => {
  const names = text.split(";");
  if (names.length > signedHeadersMax || new Set(names).size !== names.length) return undefined;
  // Without these two, a signature could be carried over to another host or kind of body.
  const complete = ordinaryHeaders.every((name) => names.includes(name));
  return complete && names.every((name) => headerName.test(name)) ? names : undefined;
};

/** `<SecretId>/<date>/<service>/tc3_request`. The service is free text: Node's SDK signs `localhost:8080`. */
const scopeOf = (credential: string): Pick<Tc3Claim, "secretId" | "date" | "service"> | undefined => {
  if (!credential.endsWith(credentialEnd) || !printable.test(credential)) return undefined;
  const idStop = credential.indexOf("/");
  const dateStop = idStop + 1 + dateLength;
  const secretId = credential.slice(0, idStop);
  const date = credential.slice(idStop + 1, dateStop);
  const service = credential.slice(dateStop + 1, -credentialEnd.length);
  if (credential[dateStop] !== "/" || !dateForm.test(date)) return undefined;
  if (secretId === "" || secretId.length > fieldLengthMax) return undefined;
  if (service === "" || service.length > fieldLengthMax) return undefined;
  return { secretId, date, service };
};

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
 *
 * As documented, a POST's query and a GET's body are not signed. The surface refuses requests that have one.
 */
export const verifyTc3 = (
  request: Tc3Request,
  claim: Tc3Claim,
  timestamp: string,
  signingKey: KeyObject,
): boolean => {
  const { headers } = request;
  const names = claim.signedHeaders;
  // By type: a plain object inherits a `constructor`, and that is a header name anyone may claim to have signed.
  if (names.some((name) => typeof headers[name] !== "string") || !isHost(headers.host ?? "")) return false;
  const wanted = Buffer.from(claim.signature, "hex");
  if (wanted.length !== digestLength) return false;
  const signedHeaders = names.join(";");
  const bodyHash = payloadHash(request);
  const paths = request.path === "/" ? rootPath : [...rootPath, request.path];
  const tried: string[] = [];
  for (const host of hostsOf(headers.host ?? "")) {
    for (const spell of spellings) {
      const block = canonicalHeaders(names, (name) => spell(name === "host" ? host : (headers[name] ?? "")));
      if (tried.includes(block)) continue;
      tried.push(block);
      for (const path of paths) {
        const canonical = canonicalRequest(request, path, block, signedHeaders, bodyHash);
        const text = stringToSign(timestamp, claim.date, claim.service, canonical);
        if (timingSafeEqual(hmac("sha256", signingKey, text), wanted)) return true;
      }
    }
  }
  return false;
};

const rootPath: readonly string[] = ["/"];

const trimmed = (value: string): string => value.trim();

/** Lower-cased, as documented, and as sent, as SDKs do. */
const spellings = [canonicalValue, trimmed] as const;

/** Node signs the host without its port, the other SDKs the endpoint as configured. */
const hostsOf = (host: string): readonly string[] => {
  const bare = withoutPort(host);
  return bare === host ? [host] : [bare, host];
};
