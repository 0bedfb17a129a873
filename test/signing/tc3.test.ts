import { hash } from "node:crypto";
import fc from "fast-check";
import Sdk from "tencentcloud-sdk-nodejs/tencentcloud/common/sign.js";
import { describe, expect, it } from "vitest";
import {
  canonicalHeaders,
  canonicalRequest,
  canonicalValue,
  deriveDateKey,
  deriveServiceKey,
  deriveSigningKey,
  payloadHash,
  signature,
  signTc3,
  stringToSign,
  type Tc3Request,
  utcDate,
} from "../../lib/signing/tc3.ts";
import { checkTime, parseAuthorization, verifyTc3 } from "../../lib/signing/tc3-verifier.ts";
import vectors from "../vectors/signing/tencent.json" with { type: "json" };

const { secretId, secretKey, timestamp, date, service } = vectors;
const timestampSeconds = Number(timestamp);
const signingKey = deriveSigningKey(secretKey, date, service);
const hex = (key: ReturnType<typeof deriveDateKey>): string => key.export().toString("hex");

type Vector = (typeof vectors.tc3)[number];

/** The request of a vector, with the host that is signed; `sentHost` is what arrives. */
const requestOf = (vector: Vector, host = vector.host): Tc3Request => ({
  method: vector.method,
  path: "/",
  query: vector.query === "query" ? vectors.query : vector.query === "queryPlus" ? vectors.queryPlus : "",
  headers: { "content-type": vector.contentType, host, ...vector.extra, ...vector.unsigned },
  body: vector.method === "POST" ? Buffer.from(vectors.body) : Buffer.alloc(0),
});
const namesOf = (vector: Vector): string[] =>
  ["content-type", "host", ...Object.keys(vector.extra ?? {})].sort();

const holds = (request: Tc3Request, authorization: string, sentTimestamp = timestamp): boolean => {
  const claim = parseAuthorization(authorization);
  return claim !== undefined && verifyTc3(request, claim, sentTimestamp, signingKey);
};

describe("the published vectors, step by step", () => {
  it("date and derived keys", () => {
    expect(utcDate(timestampSeconds)).toBe(date);
    const dateKey = deriveDateKey(secretKey, date);
    expect(hex(dateKey)).toBe(vectors.keys.date);
    expect(hex(deriveServiceKey(dateKey, service))).toBe(vectors.keys.service);
    expect(hex(signingKey)).toBe(vectors.keys.signing);
  });

  it("hash of the body", () => {
    const [vector] = vectors.tc3;
    if (vector === undefined) throw new Error("no vector");
    expect(payloadHash(requestOf(vector))).toBe(vectors.bodyHash);
  });

  it.each(vectors.tc3)("$id", (vector) => {
    const request = requestOf(vector);
    const names = namesOf(vector);
    const headers = canonicalHeaders(names, (name) => canonicalValue(request.headers[name] ?? ""));
    const canonical = canonicalRequest(request, "/", headers, names.join(";"), payloadHash(request));
    if (vector.canonicalHash !== undefined)
      expect(hash("sha256", canonical, "hex")).toBe(vector.canonicalHash);
    expect(signature(signingKey, stringToSign(timestamp, date, service, canonical))).toBe(vector.signature);

    const { authorization } = signTc3(request, { secretId, secretKey }, { service, timestampSeconds }, names);
    expect(authorization).toBe(
      `TC3-HMAC-SHA256 Credential=${secretId}/${date}/${service}/tc3_request, SignedHeaders=${names.join(";")}, Signature=${vector.signature}`,
    );
    expect(holds(requestOf(vector, vector.sentHost), authorization)).toBe(true);
  });
});

describe("the official SDK's own routine", () => {
  const arbitraryCall = fc.record({
    method: fc.constantFrom("GET", "POST"),
    host: fc.constantFrom("127.0.0.1:8787", "tokenhub.local.test", "localhost:1"),
    body: fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
    service: fc.constantFrom("tokenhub", "127", "localhost:8080"),
  });

  it("signs what is accepted here", () => {
    fc.assert(
      fc.property(arbitraryCall, ({ method, host, body, service: scope }) => {
        const query = new URLSearchParams(body).toString();
        const contentType = method === "GET" ? "application/x-www-form-urlencoded" : "application/json";
        const text = JSON.stringify(body);
        const authorization = Sdk.default.sign3({
          method,
          url: `http://${host}/${method === "GET" ? `?${query}` : ""}`,
          payload: method === "GET" ? "" : body,
          timestamp: timestampSeconds,
          service: scope,
          secretId,
          secretKey,
          multipart: false,
          boundary: "",
          headers: { "Content-Type": contentType },
        });
        const request = {
          method,
          path: "/",
          query: method === "GET" ? query : "",
          headers: { "content-type": contentType, host },
          body: Buffer.from(method === "GET" ? "" : text),
        };
        const claim = parseAuthorization(authorization);
        if (claim === undefined) throw new Error("not parsed");
        expect(verifyTc3(request, claim, timestamp, deriveSigningKey(secretKey, date, scope))).toBe(true);
      }),
    );
  });
});

describe("properties", () => {
  const printable = fc.string({ unit: fc.constantFrom(..."abcXYZ019-._~%=&+!*'()/"), maxLength: 40 });
  const request = fc.record({
    method: fc.constantFrom("GET", "POST"),
    path: fc.constant("/"),
    query: printable,
    headers: fc.record({
      "content-type": fc.constantFrom("application/json", "Application/JSON; Charset=UTF-8"),
      host: fc.constantFrom("a.test", "a.test:8080", "127.0.0.1:1", "http://127.0.0.1:8080"),
    }),
    body: fc.uint8Array({ maxLength: 60 }),
  });
  const covered = ({ method, query, body }: Tc3Request) =>
    method === "GET" ? { method, query } : { method, body: Buffer.from(body).toString("hex") };
  const sign = (one: Tc3Request) =>
    signTc3(one, { secretId, secretKey }, { service, timestampSeconds }).authorization;

  it("what the signer signs, the verifier accepts", () => {
    fc.assert(
      fc.property(request, (one) => {
        expect(holds(one, sign(one))).toBe(true);
      }),
    );
  });

  it("any changed method, host, query or body is refused", () => {
    fc.assert(
      fc.property(
        request,
        request,
        fc.constantFrom("b.test", "a.test.evil", "127.0.0.2:1"),
        (one, other, host) => {
          const authorization = sign(one);
          const changed = { ...other, headers: one.headers };
          expect(holds(changed, authorization)).toBe(
            JSON.stringify(covered(changed)) === JSON.stringify(covered(one)),
          );
          expect(holds({ ...one, headers: { ...one.headers, host } }, authorization)).toBe(false);
          expect(
            holds({ ...one, headers: { ...one.headers, "content-type": "text/plain" } }, authorization),
          ).toBe(false);
        },
      ),
    );
  });

  it("any one changed byte of query, body, timestamp or signature is refused", () => {
    const flip = (text: string, at: number): string => {
      const place = at % text.length;
      return text.slice(0, place) + String.fromCharCode(text.charCodeAt(place) ^ 1) + text.slice(place + 1);
    };
    fc.assert(
      fc.property(request, fc.nat(), (one, at) => {
        const authorization = sign(one);
        if (one.method === "GET" && one.query !== "") {
          expect(holds({ ...one, query: flip(one.query, at) }, authorization)).toBe(false);
        }
        if (one.method === "POST" && one.body.length > 0) {
          const body = Buffer.from(one.body);
          const place = at % body.length;
          body[place] = (body[place] ?? 0) ^ 1;
          expect(holds({ ...one, body }, authorization)).toBe(false);
        }
        expect(holds(one, authorization, flip(timestamp, at))).toBe(false);
        // The name part: a port is left out by some SDKs, and letter case means nothing to DNS.
        const host = one.headers.host ?? "";
        const name = host.replace(/:\d+$/, "");
        const other = host.replace(name, flip(name, at));
        expect(holds({ ...one, headers: { ...one.headers, host: other } }, authorization)).toBe(false);
        const start = authorization.length - 64;
        const forged = authorization.slice(0, start) + flip(authorization.slice(start), at);
        expect(holds(one, forged)).toBe(false);
      }),
    );
  });

  it("parsing never throws, and takes nothing that is not in the documented shape", () => {
    const pieces = fc.constantFrom(
      "TC3-HMAC-SHA256",
      " ",
      "Credential=",
      "a/2026-05-28/s/tc3_request",
      ", ",
      "SignedHeaders=",
      "content-type;host",
      "Signature=",
      "0".repeat(64),
      "é",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join("")),
        ),
        (text) => {
          const claim = parseAuthorization(text);
          if (claim !== undefined)
            expect(text).toMatch(
              /^TC3-HMAC-SHA256 Credential=.*, ?SignedHeaders=.*, ?Signature=[0-9a-f]{64}$/,
            );
        },
      ),
    );
  });
});

describe("the accept list", () => {
  const [vector] = vectors.tc3;
  if (vector === undefined) throw new Error("no vector");
  const base = requestOf(vector);
  const signed = (change: Partial<Tc3Request>, names?: readonly string[]) =>
    signTc3({ ...base, ...change }, { secretId, secretKey }, { service, timestampSeconds }, names)
      .authorization;
  const headers = (more: Record<string, string>) => ({ ...base.headers, ...more });

  it("a host signed without the port that is sent", () => {
    const authorization = signed({ headers: headers({ host: "a.test" }) });
    expect(holds({ ...base, headers: headers({ host: "a.test:8080" }) }, authorization)).toBe(true);
  });

  it("not a host signed with a port that is not sent", () => {
    const authorization = signed({ headers: headers({ host: "a.test:8080" }) });
    expect(holds({ ...base, headers: headers({ host: "a.test:8081" }) }, authorization)).toBe(false);
  });

  it("the whole endpoint as host, as tccli sends it", () => {
    const request = { ...base, headers: headers({ host: "http://127.0.0.1:8080" }) };
    expect(holds(request, signed({ headers: request.headers }))).toBe(true);
  });

  it("values signed in the case in which they were sent", () => {
    const request = { ...base, headers: headers({ "content-type": "Application/JSON" }) };
    const block = "content-type:Application/JSON\nhost:tokenhub.tencentcloudapi.com\n";
    const canonical = canonicalRequest(request, "/", block, "content-type;host", payloadHash(request));
    const made = signature(signingKey, stringToSign(timestamp, date, service, canonical));
    const authorization = signed({}).replace(/[0-9a-f]{64}$/, made);
    expect(holds(request, authorization)).toBe(true);
  });

  it("the real path, where `/` was not signed", () => {
    const block = canonicalHeaders(["content-type", "host"], (name) => base.headers[name] ?? "");
    const canonical = canonicalRequest(base, "/gateway", block, "content-type;host", payloadHash(base));
    const made = signature(signingKey, stringToSign(timestamp, date, service, canonical));
    const authorization = signed({}).replace(/[0-9a-f]{64}$/, made);
    expect(holds({ ...base, path: "/gateway" }, authorization)).toBe(true);
    expect(holds({ ...base, path: "/other" }, authorization)).toBe(false);
  });

  it("not a signed header that did not arrive", () => {
    const authorization = signed({ headers: headers({ "x-tc-action": "a" }) }, [
      "content-type",
      "host",
      "x-tc-action",
    ]);
    expect(holds(base, authorization)).toBe(false);
  });

  it("unsigned payload only where the header says so", () => {
    const unsigned = headers({ "x-tc-content-sha256": "UNSIGNED-PAYLOAD" });
    const authorization = signed({ headers: unsigned });
    expect(holds({ ...base, headers: unsigned, body: Buffer.from("any") }, authorization)).toBe(true);
    expect(holds({ ...base, body: Buffer.from("any") }, authorization)).toBe(false);
  });

  it.each([
    ["without host", "content-type"],
    ["without content type", "host"],
  ])("not a list of signed headers %s", (_, names) => {
    expect(parseAuthorization(signed({}).replace("content-type;host", names))).toBeUndefined();
  });
});

describe("time", () => {
  const now = timestampSeconds;
  it.each([
    [0, "ok"],
    [300, "ok"],
    [-300, "ok"],
    [301, "expired"],
    [-301, "expired"],
    [Number.NaN, "expired"],
  ])("%d s off: %s", (offset, verdict) => {
    expect(checkTime({ date: utcDate(now) }, now, now + offset)).toBe(verdict);
  });

  it("a scope of another day is refused", () => {
    expect(checkTime({ date: "2026-05-27" }, now, now)).toBe("mismatch");
  });
});

it.each([
  ["secretId", { secretId: "", secretKey }],
  ["secretKey", { secretId, secretKey: "" }],
])("an empty %s signs nothing", (_, credentials) => {
  const [vector] = vectors.tc3;
  if (vector === undefined) throw new Error("no vector");
  expect(() => signTc3(requestOf(vector), credentials, { service, timestampSeconds })).toThrow(
    "needed to sign",
  );
});
