import { createSecretKey, hash, type KeyObject } from "node:crypto";
import { hmac } from "./digest.ts";

/** TC3-HMAC-SHA256, step by step: each intermediate is a value that a vector can be compared with. */

export const algorithm = "TC3-HMAC-SHA256";
export const terminator = "tc3_request";
/** Sent as a header, and hashed in place of a body that the signer did not read. */
const unsignedPayload = "UNSIGNED-PAYLOAD";
const unsignedPayloadHash = hash("sha256", unsignedPayload, "hex");
const millisecondsPerDay = 86_400_000;
const emptyHash = hash("sha256", "", "hex");

export interface Tc3Request {
  readonly method: string;
  readonly path: string;
  /** Raw, as sent, without `?`. */
  readonly query: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

// Writing a date takes as long as hashing a request, and nearly all requests of a process are of one day.
let lastDay = { number: 0, text: "1970-01-01" };

/** `2026-05-28` */
export const utcDate = (timestampSeconds: number): string => {
  const milliseconds = timestampSeconds * 1000;
  const number = Math.floor(milliseconds / millisecondsPerDay);
  if (number !== lastDay.number) {
    lastDay = { number, text: new Date(milliseconds).toISOString().slice(0, 10) };
  }
  return lastDay.text;
};

export const payloadHash = (request: Tc3Request): string => {
  if (request.headers["x-tc-content-sha256"] === unsignedPayload) return unsignedPayloadHash;
  return request.method === "GET" || request.body.length === 0
    ? emptyHash
    : hash("sha256", request.body, "hex");
};

/** Each signed header as `name:value` and a line feed: the block ends with one. */
export const canonicalHeaders = (names: readonly string[], value: (name: string) => string): string => {
  let block = "";
  for (const name of names) block += `${name}:${value(name)}\n`;
  return block;
};

export const canonicalRequest = (
  request: Pick<Tc3Request, "method" | "query">,
  path: string,
  headers: string,
  signedHeaders: string,
  bodyHash: string,
): string =>
  `${request.method}\n${path}\n${request.method === "GET" ? request.query : ""}\n${headers}\n${signedHeaders}\n${bodyHash}`;

export const stringToSign = (timestamp: string, date: string, service: string, canonical: string): string =>
  `${algorithm}\n${timestamp}\n${date}/${service}/${terminator}\n${hash("sha256", canonical, "hex")}`;

const credentialsNeeded = "a SecretId and a SecretKey are needed to sign";

const derive = (key: KeyObject, text: string): KeyObject => createSecretKey(hmac("sha256", key, text));

export const deriveDateKey = (secretKey: string, date: string): KeyObject => {
  // The prefix would make a usable key of nothing: one that everybody knows.
  if (secretKey === "") throw new Error(credentialsNeeded);
  return derive(createSecretKey(`TC3${secretKey}`, "utf8"), date);
};

export const deriveServiceKey = (dateKey: KeyObject, service: string): KeyObject => derive(dateKey, service);

export const deriveSigningKey = (secretKey: string, date: string, service: string): KeyObject =>
  derive(deriveServiceKey(deriveDateKey(secretKey, date), service), terminator);

export const signature = (signingKey: KeyObject, text: string): string =>
  hmac("sha256", signingKey, text).toString("hex");

export const canonicalValue = (value: string): string => value.trim().toLowerCase();

/** The headers to send with the request. */
export const signTc3 = (
  request: Tc3Request,
  credentials: { readonly secretId: string; readonly secretKey: string },
  scope: { readonly service: string; readonly timestampSeconds: number },
  signedHeaders: readonly string[] = ["content-type", "host"],
): { readonly authorization: string; readonly "x-tc-timestamp": string } => {
  const { secretId, secretKey } = credentials;
  if (secretId === "" || secretKey === "") throw new Error(credentialsNeeded);
  const names = signedHeaders.toSorted();
  const timestamp = String(scope.timestampSeconds);
  const date = utcDate(scope.timestampSeconds);
  const headers = canonicalHeaders(names, (name) => canonicalValue(headerOf(request, name)));
  const canonical = canonicalRequest(request, "/", headers, names.join(";"), payloadHash(request));
  const key = deriveSigningKey(secretKey, date, scope.service);
  const signed = signature(key, stringToSign(timestamp, date, scope.service, canonical));
  return {
    authorization: `${algorithm} Credential=${secretId}/${date}/${scope.service}/${terminator}, SignedHeaders=${names.join(";")}, Signature=${signed}`,
    "x-tc-timestamp": timestamp,
  };
};

const headerOf = (request: Tc3Request, name: string): string => {
  const value = request.headers[name];
  if (value === undefined) throw new Error(`the header ${name} is to be signed and is missing`);
  return value;
};
