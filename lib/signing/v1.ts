import type { KeyObject } from "node:crypto";
import { hmac } from "./digest.ts";

/** Signature v1: every parameter but `Signature`, sorted by name, values decoded. */

export type V1Method = "HmacSHA1" | "HmacSHA256";
export type V1Parameters = ReadonlyMap<string, string>;

/** Anything but `HmacSHA256` means SHA-1, as documented. */
export const v1Method = (params: V1Parameters): V1Method =>
  params.get("SignatureMethod") === "HmacSHA256" ? "HmacSHA256" : "HmacSHA1";

/** The part that is the same for every host and path. */
export const v1Pairs = (params: V1Parameters): string => {
  const names = [...params.keys()].filter((name) => name !== "Signature").sort();
  return names.map((name) => `${name}=${params.get(name)}`).join("&");
};

export const v1Text = (method: string, host: string, path: string, pairs: string): string =>
  `${method}${host}${path}?${pairs}`;

export const v1StringToSign = (method: string, host: string, path: string, params: V1Parameters): string =>
  v1Text(method, host, path, v1Pairs(params));

export const v1Digest = (algorithm: V1Method, key: KeyObject, text: string): Buffer =>
  hmac(algorithm === "HmacSHA256" ? "sha256" : "sha1", key, text);

export const signV1 = (method: string, host: string, params: V1Parameters, key: KeyObject): string => {
  if (key.symmetricKeySize === 0) throw new Error("a SecretKey is needed to sign");
  return v1Digest(v1Method(params), key, v1StringToSign(method, host, "/", params)).toString("base64");
};
