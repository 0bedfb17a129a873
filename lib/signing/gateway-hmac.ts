import { type KeyObject, timingSafeEqual } from "node:crypto";
import { hmac } from "./digest.ts";

/**
 * How a call of a published API is signed with an API Gateway key pair. It covers the headers that it names and nothing
 * else: neither method nor path nor body. What is not published is decided here and marked "inferred" at its place.
 */

/** As they came in, names in any case. Values are text: whoever got bytes has decoded them as UTF-8. */
export type GatewayHeaders = Readonly<Record<string, string>>;

export interface GatewayRequest {
  readonly authorization: string;
  readonly headers: GatewayHeaders;
}

export interface GatewayCredentials {
  readonly id: string;
  readonly key: KeyObject;
}

/** What an Authorization header claims, names in lower case. Nobody believes it before `verifyGateway`. */
export interface GatewayClaim {
  readonly id: string;
  readonly algorithm: GatewayAlgorithm;
  readonly headers: readonly string[];
  readonly signature: string;
}

/**
 * The document of key pairs knows this one; hmac-sha256 is published for applications only, whose text is another.
 * The form has one spelling for each signature: spare bits of the last letter are zero.
 */
const algorithms = {
  "hmac-sha1": { digest: "sha1", signature: /^[A-Za-z0-9+/]{26}[AEIMQUYcgkosw048]=$/ },
} as const;
export type GatewayAlgorithm = keyof typeof algorithms;

const isAlgorithm = (name: string): name is GatewayAlgorithm => Object.hasOwn(algorithms, name);

const scheme = "hmac";
const headerLengthMax = 2048;
const signedHeadersMax = 32; // Both as with TC3.
/** "Cannot deviate from the current time for more than 15 minutes": on both sides, and 15 minutes sharp pass. */
const windowSeconds = 900;

/** Inferred: no other parameter, no escapes, any order; as with TC3, the space after a comma may be missing. */
const parameter = /^ ?(id|algorithm|headers|signature)="([^"]*)"$/;
/** As keys are made; the console also takes `-`. */
const idForm = /^[A-Za-z0-9_-]{5,50}$/;
// Asked before lower-casing, which makes the Kelvin sign a `k`.
const headerName = /^[A-Za-z0-9-]+$/;
/** A line feed in a value would read like a further header. */
const control = /\p{Cc}/u;

/** Undefined when the header is not in the documented shape. */
export const parseGatewayAuthorization = (authorization: string): GatewayClaim | undefined => {
  if (authorization.length > headerLengthMax || !authorization.startsWith(`${scheme} `)) return undefined;
  const { id = "", algorithm = "", headers: list = "", signature = "" } = parametersOf(authorization) ?? {};
  const headers = listed(list.split(" "));
  if (!idForm.test(id) || !isAlgorithm(algorithm) || headers === undefined) return undefined;
  return algorithms[algorithm].signature.test(signature) ? { id, algorithm, headers, signature } : undefined;
};

/** No value of a documented shape has a comma in it. */
const parametersOf = (authorization: string): Readonly<Record<string, string>> | undefined => {
  const found: Record<string, string> = {};
  for (const part of authorization.slice(scheme.length).split(",")) {
    const [, name, value] = parameter.exec(part) ?? [];
    if (name === undefined || value === undefined || Object.hasOwn(found, name)) return undefined;
    found[name] = value;
  }
  return found;
};

/** One of the two dates must be signed: the gateway's list of errors demands it, its guide only advises it. */
const listed = (names: readonly string[]): readonly string[] | undefined => {
  if (names.length > signedHeadersMax || !names.every((name) => headerName.test(name))) return undefined;
  const lowered = names.map((name) => name.toLowerCase());
  if (new Set(lowered).size !== lowered.length) return undefined;
  return lowered.includes("date") || lowered.includes("x-date") ? lowered : undefined;
};

/** By lower-case name; undefined where one was given twice, because nobody knows which of the two was signed. */
const byName = (headers: GatewayHeaders): ReadonlyMap<string, string | undefined> => {
  const found = new Map<string, string | undefined>();
  for (const [name, value] of Object.entries(headers)) {
    if (!headerName.test(name)) continue;
    found.set(name.toLowerCase(), found.has(name.toLowerCase()) ? undefined : value);
  }
  return found;
};

/**
 * Each header as `name: value`, joined by line feeds, none after the last. Undefined when one is missing or ambiguous.
 * Inferred: values byte by byte as given, empty ones too, in UTF-8 (where half a surrogate pair has no bytes).
 */
export const signingText = (names: readonly string[], headers: GatewayHeaders): string | undefined => {
  const given = byName(headers);
  const lines: string[] = [];
  for (const name of names) {
    const value = given.get(name.toLowerCase());
    if (typeof value !== "string" || control.test(value) || !value.isWellFormed()) return undefined;
    lines.push(`${name.toLowerCase()}: ${value}`);
  }
  return lines.join("\n");
};

/** The value for the Authorization header. The order of the names is the order of signing. */
export const signGateway = (
  headers: GatewayHeaders,
  { id, key }: GatewayCredentials,
  names: readonly string[] = Object.keys(headers),
): string => {
  const list = listed(names);
  const text = list && signingText(list, headers);
  if (list === undefined || text === undefined) throw new Error("these headers cannot be signed");
  if (key.symmetricKeySize === 0) throw new Error("an AccessKeySecret is needed to sign");
  const signature = hmac("sha1", key, text).toString("base64");
  const made = `${scheme} id="${id}", algorithm="hmac-sha1", headers="${list.join(" ")}", signature="${signature}"`;
  if (parseGatewayAuthorization(made) === undefined) throw new Error("no verifier would take this header");
  return made;
};

/** Strictly as published, `Mon, 19 Mar 2018 12:08:40 GMT`; inferred: the weekday must be the day's. */
export const checkGatewayDate = (date: string, nowSeconds: number): "ok" | "expired" | "invalid" => {
  const milliseconds = Date.parse(date);
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toUTCString() !== date) return "invalid";
  return Math.abs(nowSeconds - milliseconds / 1000) <= windowSeconds ? "ok" : "expired";
};

/**
 * `expired` is said of a right signature only. One without X-Date never ends: the server, as documented, does not look
 * at the time of Date. Inferred: nor at its form, nor at an X-Date that is not signed, which proves nothing.
 */
export const verifyGateway = (
  request: GatewayRequest,
  { id, key }: GatewayCredentials,
  nowSeconds: number,
): "ok" | "expired" | "invalid" => {
  const claim = parseGatewayAuthorization(request.authorization);
  if (claim?.id !== id || key.symmetricKeySize === 0) return "invalid";
  const text = signingText(claim.headers, request.headers);
  if (text === undefined) return "invalid";
  const digest = hmac(algorithms[claim.algorithm].digest, key, text);
  if (!timingSafeEqual(digest, Buffer.from(claim.signature, "base64"))) return "invalid";
  if (!claim.headers.includes("x-date")) return "ok";
  return checkGatewayDate(byName(request.headers).get("x-date") ?? "", nowSeconds);
};
