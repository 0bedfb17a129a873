import { createSecretKey, hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseForm } from "../../lib/signing/form.ts";
import {
  canonicalHeaders,
  canonicalRequest,
  deriveSigningKey,
  payloadHash,
  signTc3,
} from "../../lib/signing/tc3.ts";
import { parseAuthorization, verifyTc3 } from "../../lib/signing/tc3-verifier.ts";
import { signV1, v1StringToSign } from "../../lib/signing/v1.ts";
import { verifyV1 } from "../../lib/signing/v1-verifier.ts";
import published from "../vectors/signing/published.json" with { type: "json" };

const { secretId, secretKey, tc3, v1 } = published;

describe("the sample of Tencent's signature v3 document", () => {
  const headers: Record<string, string> = tc3.headers;
  const request = { method: "POST", path: "/", query: "", headers, body: Buffer.from(tc3.body) };

  it("has the printed hashes of body and canonical request", () => {
    expect(payloadHash(request)).toBe(tc3.bodyHash);
    const block = canonicalHeaders(["content-type", "host"], (name) => headers[name] ?? "");
    const canonical = canonicalRequest(request, "/", block, "content-type;host", tc3.bodyHash);
    expect(hash("sha256", canonical, "hex")).toBe(tc3.canonicalHash);
  });

  it("is signed as printed", () => {
    expect(signTc3(request, { secretId, secretKey }, tc3)).toEqual({
      authorization: tc3.authorization,
      "x-tc-timestamp": String(tc3.timestampSeconds),
    });
  });

  it("is accepted as printed, and in no other body", () => {
    const claim = parseAuthorization(tc3.authorization);
    if (claim === undefined) throw new Error("not parsed");
    const key = deriveSigningKey(secretKey, tc3.date, tc3.service);
    const timestamp = String(tc3.timestampSeconds);
    expect(verifyTc3(request, claim, timestamp, key)).toBe(true);
    expect(verifyTc3({ ...request, body: Buffer.from(`${tc3.body}\n`) }, claim, timestamp, key)).toBe(false);
  });
});

describe("the sample of Tencent's signature v1 document", () => {
  const key = createSecretKey(secretKey, "utf8");
  const params = parseForm(v1.query) ?? new Map<string, string>();

  it("has the printed string to sign and signature", () => {
    expect(v1StringToSign("GET", v1.host, "/", params)).toBe(v1.stringToSign);
    expect(signV1("GET", v1.host, params, key)).toBe(v1.signature);
  });

  it("is accepted as the printed URL sends it, and not by POST", () => {
    expect(verifyV1("GET", v1.host, "/", params, key)).toBe(true);
    expect(verifyV1("POST", v1.host, "/", params, key)).toBe(false);
  });
});
