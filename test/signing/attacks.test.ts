import { createHmac, createSecretKey } from "node:crypto";
import fc from "fast-check";
import Sdk from "tencentcloud-sdk-nodejs/tencentcloud/common/sign.js";
import { describe, expect, it } from "vitest";
import { parseForm } from "../../lib/signing/form.ts";
import { deriveSigningKey, signTc3, type Tc3Request, utcDate } from "../../lib/signing/tc3.ts";
import { checkTime, parseAuthorization, verifyTc3 } from "../../lib/signing/tc3-verifier.ts";
import { signV1, v1StringToSign } from "../../lib/signing/v1.ts";
import { verifyV1 } from "../../lib/signing/v1-verifier.ts";

const secretId = "AKIDATTACK";
const secretKey = "SecretOfTheAttackTests";
const timestampSeconds = 1780000000;
const timestamp = String(timestampSeconds);
const date = "2026-05-28";
const service = "tokenhub";
const signingKey = deriveSigningKey(secretKey, date, service);
const ordinary = { "content-type": "application/json", host: "a.test:8080" };
const request: Tc3Request = {
  method: "POST",
  path: "/",
  query: "",
  headers: ordinary,
  body: Buffer.from(`{"Platform":"maas"}`),
};
const authorizationOf = (signedHeaders: string, signature = "0".repeat(64)): string =>
  `TC3-HMAC-SHA256 Credential=${secretId}/${date}/${service}/tc3_request, SignedHeaders=${signedHeaders}, Signature=${signature}`;

describe("TC3", () => {
  it.each(["constructor;content-type;host", "content-type;host;x-absent"])(
    "the claim to have signed %s is refused without a fault",
    (names) => {
      const claim = parseAuthorization(authorizationOf(names));
      if (claim === undefined) throw new Error("not parsed");
      expect(verifyTc3(request, claim, timestamp, signingKey)).toBe(false);
    },
  );

  it.each([
    ["an empty header name", authorizationOf("content-type;;host")],
    ["an upper-case header name", authorizationOf("Content-Type;content-type;host")],
    ["a longer signature", authorizationOf("content-type;host", "0".repeat(66))],
    ["an upper-case signature", authorizationOf("content-type;host", "A".repeat(64))],
    ["a line feed at the end", `${authorizationOf("content-type;host")}\n`],
    ["a fourth part", `${authorizationOf("content-type;host")}, a=b`],
    ["no service", authorizationOf("content-type;host").replace("/tokenhub/", "/")],
    ["an empty service", authorizationOf("content-type;host").replace("/tokenhub/", "//")],
    ["no SecretId", authorizationOf("content-type;host").replace(secretId, "")],
    ["a date of another form", authorizationOf("content-type;host").replace(date, "2026-5-28")],
    ["another terminator", authorizationOf("content-type;host").replace("tc3_request", "tc4_request")],
    ["a header too long", authorizationOf(`content-type;host;${"a".repeat(2048)}`)],
  ])("a header with %s is not in shape", (_, header) => {
    expect(parseAuthorization(header)).toBeUndefined();
  });

  it("a service with a port or a slash is read whole, and a space after a comma may be missing", () => {
    for (const text of ["localhost:8080", "http://a"]) {
      const header = authorizationOf("content-type;host").replace("/tokenhub/", `/${text}/`);
      expect(parseAuthorization(header)).toMatchObject({ secretId, date, service: text });
      expect(parseAuthorization(header.replaceAll(", ", ","))).toMatchObject({ service: text });
    }
  });

  it("a claim that was not parsed, with a signature of no length, is refused without a fault", () => {
    const claim = { secretId, date, service, signedHeaders: ["content-type", "host"], signature: "" };
    expect(verifyTc3(request, claim, timestamp, signingKey)).toBe(false);
  });

  it("the signer makes what the SDK makes, so far as the SDK follows the documents", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.string()),
        fc.integer({ min: 0, max: 4e9 }),
        (payload, seconds) => {
          const theirs = Sdk.default.sign3({
            method: "POST",
            url: "https://tokenhub.tencentcloudapi.com/",
            payload,
            timestamp: seconds,
            service,
            secretId,
            secretKey,
            multipart: false,
            boundary: "",
            headers: { "Content-Type": "application/json" },
          });
          const body = Buffer.from(JSON.stringify(payload));
          const headers = { "content-type": "application/json", host: "tokenhub.tencentcloudapi.com" };
          const ours = signTc3(
            { ...request, headers, body },
            { secretId, secretKey },
            { service, timestampSeconds: seconds },
          );
          expect(ours.authorization).toBe(theirs);
        },
      ),
    );
  });

  it("each further signed header is covered, whatever its order in the request", () => {
    const name = fc.stringMatching(/^x-[a-z]{1,8}$/);
    const value = fc.stringMatching(/^[!-~]{1,12}$/);
    fc.assert(
      fc.property(fc.dictionary(name, value, { minKeys: 1 }), fc.nat(), (more, at) => {
        const headers: Record<string, string> = { ...more, ...ordinary };
        const names = Object.keys(headers);
        const { authorization } = signTc3(
          { ...request, headers },
          { secretId, secretKey },
          { service, timestampSeconds },
          names,
        );
        const claim = parseAuthorization(authorization);
        if (claim === undefined) throw new Error("not parsed");
        const reversed = Object.fromEntries(Object.entries(headers).reverse());
        expect(verifyTc3({ ...request, headers: reversed }, claim, timestamp, signingKey)).toBe(true);
        const changed = names[at % names.length] ?? "host";
        const forged = { ...headers, [changed]: `${headers[changed]}~` };
        expect(verifyTc3({ ...request, headers: forged }, claim, timestamp, signingKey)).toBe(false);
      }),
    );
  });

  it("no key comes of an empty SecretKey", () => {
    expect(() => deriveSigningKey("", date, service)).toThrow("needed to sign");
  });

  it("the day turns at midnight UTC, also right after another day was asked for", () => {
    expect(utcDate(1780012799)).toBe("2026-05-28");
    expect(utcDate(1780012800)).toBe("2026-05-29");
    expect(utcDate(1780012799)).toBe("2026-05-28");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), (seconds) => {
        expect(utcDate(seconds)).toBe(new Date(seconds * 1000).toISOString().slice(0, 10));
      }),
    );
    // Just after midnight, within the window of a timestamp of the day before: the timestamp's day counts.
    expect(checkTime({ date: "2026-05-28" }, 1780012799, 1780012801)).toBe("ok");
    expect(checkTime({ date: "2026-05-29" }, 1780012799, 1780012801)).toBe("mismatch");
  });
});

describe("signature v1", () => {
  const key = createSecretKey(secretKey, "utf8");
  const host = "a.test";
  const holds = (params: ReadonlyMap<string, string>): boolean => verifyV1("GET", host, "/", params, key);
  const signature = (params: ReadonlyMap<string, string>): [string, string] => [
    "Signature",
    signV1("GET", host, params, key),
  ];

  it("a parameter whose name becomes a signed one by Python's renaming cannot be added", () => {
    const params = new Map([
      ["Action", "DescribeApiKeyList"],
      ["Filters.0.Name", "mine"],
    ]);
    const signed = signature(params);
    expect(holds(new Map([...params, signed]))).toBe(true);
    expect(holds(new Map([["Filters_0_Name", "all"], ...params, signed]))).toBe(false);
    expect(holds(new Map([...params, ["Filters_0_Name", "all"], signed]))).toBe(false);
  });

  it("two parameters cannot be hidden in one name", () => {
    const params = new Map([
      ["Action", "a"],
      ["B", "2"],
      ["C", "3"],
    ]);
    const signed = signature(params);
    expect(holds(new Map([["Action", "a"], ["B=2&C", "3"], signed]))).toBe(false);
  });

  it("any text as signature is refused without a fault", () => {
    const params = new Map([["Action", "a"]]);
    const base64 = fc.stringMatching(/^[A-Za-z0-9+/]{26,28}={0,2}$/);
    fc.assert(
      fc.property(fc.oneof(base64, fc.string()), (text) => {
        expect(holds(new Map([...params, ["Signature", text]]))).toBe(text === signature(params)[1]);
      }),
    );
  });

  it("an empty SecretKey signs nothing and verifies nothing", () => {
    const empty = createSecretKey("", "utf8");
    const params = new Map([["Action", "a"]]);
    expect(() => signV1("GET", host, params, empty)).toThrow("needed to sign");
    const made = createHmac("sha1", "")
      .update(v1StringToSign("GET", host, "/", params))
      .digest("base64");
    expect(verifyV1("GET", host, "/", new Map([...params, ["Signature", made]]), empty)).toBe(false);
  });

  it("the real path is accepted where `/` was not signed, and no third one", () => {
    const params = new Map([["Action", "a"]]);
    const made = createHmac("sha1", secretKey)
      .update(v1StringToSign("GET", host, "/gateway", params))
      .digest("base64");
    const sent = new Map([...params, ["Signature", made]]);
    expect(verifyV1("GET", host, "/gateway", sent, key)).toBe(true);
    expect(verifyV1("GET", host, "/other", sent, key)).toBe(false);
  });
});

describe("parseForm", () => {
  it.each(["a=é", "a=\u00ff", "a=%E6%B5", "a=%ed%a0%80", "a=%zz", "%61=1&a=2"])("refuses %j", (text) => {
    expect(parseForm(text)).toBeUndefined();
  });
});

describe("work for strangers", () => {
  it.each([
    ["a name repeated", `content-type;host${";x".repeat(2)}`],
    [
      "very many names",
      `content-type;host${Array.from({ length: 40 }, (_, place) => `;x${place}`).join("")}`,
    ],
  ])("%s is not hashed", (_, names) => {
    expect(parseAuthorization(authorizationOf(names))).toBeUndefined();
  });

  it("ten thousand and one parameters are not sorted", () => {
    const pairs = (count: number) => Array.from({ length: count }, (_, place) => `p${place}=1`).join("&");
    expect(parseForm(pairs(10_000))?.size).toBe(10_000);
    expect(parseForm(pairs(10_001))).toBeUndefined();
  });
});

it("a Host header cannot take the place of signed parameters (v1)", () => {
  const key = createSecretKey(secretKey, "utf8");
  const inner = "/?Action=DeleteApiKey&ApiKeyId=ak-1";
  const signed = new Map([
    ["Action", "CreateApiKey"],
    ["Remark", `x${inner}`],
  ]);
  const Signature = signV1("POST", "a.test", signed, key);
  const sent = new Map([
    ["Action", "DeleteApiKey"],
    ["ApiKeyId", "ak-1"],
    ["Signature", Signature],
  ]);
  // Both read `POSTa.test/?Action=CreateApiKey&Remark=x/?Action=DeleteApiKey&ApiKeyId=ak-1`.
  const host = "a.test/?Action=CreateApiKey&Remark=x";
  expect(v1StringToSign("POST", host, "/", sent)).toBe(v1StringToSign("POST", "a.test", "/", signed));
  expect(verifyV1("POST", host, "/", sent, key)).toBe(false);
});
