import { createHmac, createSecretKey, generateKeyPairSync, hash, randomBytes, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { verifyGitguardian } from "../../lib/signing/gitguardian.ts";
import { githubKey, githubTokenHash, verifyGithubReport } from "../../lib/signing/github-report.ts";
import { verifyHubSignature } from "../../lib/signing/hub-signature.ts";
import { isSameToken } from "../../lib/signing/shared-token.ts";
import vectors from "../vectors/signing/reporters.json" with { type: "json" };

const keyOf = (identifier: string) => {
  const found = vectors.keys.find((one) => one.key_identifier === identifier);
  const key = found && githubKey(identifier, found.key);
  if (key === undefined) throw new Error("no such key");
  return key;
};

describe.each(vectors.samples)("GitHub's samples: $name", ({ identifier, body, signature }) => {
  const bytes = Buffer.from(body, "utf8");
  const key = keyOf(identifier);

  it("verifies", () => {
    expect(verifyGithubReport(bytes, signature, key)).toBe(true);
  });

  it("and a changed byte does not, anywhere", () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(verifyGithubReport(changed, signature, key)).toBe(false);
    }
    for (const other of [`${body}\n`, ` ${body}`, body.slice(1), JSON.stringify(JSON.parse(body), null, 1)]) {
      expect(verifyGithubReport(Buffer.from(other), signature, key)).toBe(false);
    }
  });

  it("nor a truncated signature, one of another key, or one spelt otherwise", () => {
    const der = Buffer.from(signature, "base64");
    for (let length = 0; length < der.length; length += 1) {
      expect(verifyGithubReport(bytes, der.subarray(0, length).toString("base64"), key)).toBe(false);
    }
    for (const other of [
      `${signature} `,
      `${signature}=`,
      signature.replace(/=+$/, "x"),
      der.toString("hex"),
    ]) {
      expect(verifyGithubReport(bytes, other, key)).toBe(false);
    }
    for (const { key_identifier: name } of vectors.keys) {
      if (name !== identifier) expect(verifyGithubReport(bytes, signature, keyOf(name))).toBe(false);
    }
  });

  it("its key is named by the digest of its text", () => {
    const pem = vectors.keys.find((one) => one.key_identifier === identifier)?.key ?? "";
    expect(hash("sha256", pem)).toBe(identifier);
  });
});

describe("GitHub's signature with a key of ours", () => {
  const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const key = githubKey("own", pair.publicKey.export({ format: "pem", type: "spki" }).toString());

  it("is over the bytes, which reading and writing the JSON again would change", () => {
    if (key === undefined) throw new Error("no key");
    const body = Buffer.from('[ {"token" : "a\\u0062", "type":"t",  "url":""} ]\n');
    const signature = sign("sha256", body, pair.privateKey).toString("base64");
    expect(verifyGithubReport(body, signature, key)).toBe(true);
    const rewritten = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
    expect(verifyGithubReport(rewritten, signature, key)).toBe(false);
  });

  it("is not taken in the form of WebCrypto, of two numbers side by side", () => {
    if (key === undefined) throw new Error("no key");
    const body = Buffer.from("[]");
    const raw = sign("sha256", body, { key: pair.privateKey, dsaEncoding: "ieee-p1363" });
    expect(verifyGithubReport(body, raw.toString("base64"), key)).toBe(false);
  });

  it("is of P-256 alone", () => {
    const pem = (of: ReturnType<typeof generateKeyPairSync>["publicKey"]) =>
      of.export({ format: "pem", type: "spki" }).toString();
    expect(
      githubKey("x", pem(generateKeyPairSync("ec", { namedCurve: "secp384r1" }).publicKey)),
    ).toBeUndefined();
    expect(githubKey("x", pem(generateKeyPairSync("ed25519").publicKey))).toBeUndefined();
    for (const text of ["", "none", vectors.keys[0]?.key.slice(0, 60) ?? ""]) {
      expect(githubKey("x", text)).toBeUndefined();
    }
  });

  it("names a token in a reply by its SHA-256", () => {
    const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // of FIPS 180, for "abc"
    expect(githubTokenHash("abc")).toBe(expected);
  });
});

describe("GitHub's repository webhooks", () => {
  const { secret, body, signature } = vectors.hub;
  const key = createSecretKey(secret, "utf8");

  it("verify as published, and nothing else does", () => {
    const bytes = Buffer.from(body);
    expect(verifyHubSignature(bytes, signature, key)).toBe(true);
    expect(verifyHubSignature(Buffer.from(`${body} `), signature, key)).toBe(false);
    expect(verifyHubSignature(bytes, signature, createSecretKey(Buffer.from(`${secret}.`)))).toBe(false);
    const sha1 = createHmac("sha1", secret).update(body).digest("hex");
    for (const other of [
      "",
      signature.slice(0, -1),
      signature.slice(7),
      signature.toUpperCase(),
      `sha1=${sha1}`,
    ]) {
      expect(verifyHubSignature(bytes, other, key)).toBe(false);
    }
    const empty = createHmac("sha256", "").update(body).digest("hex");
    expect(verifyHubSignature(bytes, `sha256=${empty}`, createSecretKey(Buffer.alloc(0)))).toBe(false);
  });
});

describe("GitGuardian", () => {
  const { timestamp, token, body, signature } = vectors.gitguardian;
  const bytes = Buffer.from(body);

  it("verifies as published, for some minutes", () => {
    const at = (now: number) => verifyGitguardian(bytes, { timestamp, signature }, token, now);
    expect([at(0), at(300), at(301), at(-300), at(-301)]).toEqual(["ok", "ok", "expired", "ok", "expired"]);
  });

  it("holds time, body and token together", () => {
    const forged = [
      verifyGitguardian(Buffer.from("baz"), { timestamp, signature }, token, 0),
      verifyGitguardian(bytes, { timestamp: "1", signature }, token, 0),
      verifyGitguardian(bytes, { timestamp, signature }, "fop", 0),
      verifyGitguardian(bytes, { timestamp, signature: signature.slice(0, -2) }, token, 0),
      verifyGitguardian(bytes, { timestamp: "", signature }, token, 0),
      // The key of the HMAC is both together: what one ends with, the other must not begin with.
      verifyGitguardian(bytes, { timestamp: "0f", signature }, "oo", 0),
      verifyGitguardian(bytes, { timestamp: "", signature }, "0foo", 0),
    ];
    expect(new Set(forged)).toEqual(new Set(["invalid"]));
  });
});

it("a shared token is compared whole", () => {
  const token = randomBytes(24).toString("hex");
  expect(isSameToken(token, token)).toBe(true);
  for (const other of [
    "",
    token.slice(1),
    token.slice(0, -1),
    `${token} `,
    token.toUpperCase().replace(/^./, "x"),
  ]) {
    expect(isSameToken(other, token)).toBe(false);
  }
  expect(isSameToken("", "")).toBe(false);
});
