import { createHmac, type KeyObject } from "node:crypto";

/** Signature v1: every parameter but `Signature`, sorted by name, values decoded. */

export type V1Method = "HmacSHA1" | "HmacSHA256";
export type V1Parameters = ReadonlyMap<string, string>;

/** Anything but `HmacSHA256` means SHA-1, as documented. */
export const v1Method = (params: V1Parameters): V1Method =>
  params.get("SignatureMethod") === "HmacSHA256" ? "HmacSHA256" : "HmacSHA1";

export const v1StringToSign = (method: string, host: string, path: string, params: V1Parameters): string => {
  const names = [...params.keys()].filter((name) => name !== "Signature").sort();
  return `${method}${host}${path}?${names.map((name) => `${name}=${params.get(name)}`).join("&")}`;
};

export const v1Digest = (algorithm: V1Method, key: KeyObject, text: string): Buffer =>
  createHmac(algorithm === "HmacSHA256" ? "sha256" : "sha1", key)
    .update(text)
    .digest();

export const signV1 = (method: string, host: string, params: V1Parameters, key: KeyObject): string =>
  v1Digest(v1Method(params), key, v1StringToSign(method, host, "/", params)).toString("base64");
