import { createSecretKey } from "node:crypto";
import fc from "fast-check";
import Sdk from "tencentcloud-sdk-nodejs/tencentcloud/common/sign.js";
import { describe, expect, it } from "vitest";
import { parseForm } from "../../lib/signing/form.ts";
import { signV1, v1StringToSign } from "../../lib/signing/v1.ts";
import { verifyV1 } from "../../lib/signing/v1-verifier.ts";
import vectors from "../vectors/signing/tencent.json" with { type: "json" };

const key = createSecretKey(vectors.secretKey, "utf8");
const host = vectors.v1Host;

const paramsOf = (algorithm: string): Map<string, string> =>
  new Map([
    ...(parseForm(vectors.query) ?? []),
    ...Object.entries(vectors.v1Parameters),
    ["SignatureMethod", algorithm],
  ]);
const signed = (params: ReadonlyMap<string, string>, method = "GET", at = host): Map<string, string> =>
  new Map([...params, ["Signature", signV1(method, at, params, key)]]);
const holds = (params: ReadonlyMap<string, string>, method = "GET", at = host): boolean =>
  verifyV1(method, at, "/", params, key);

describe("the published vectors", () => {
  it("string to sign", () => {
    expect(v1StringToSign("GET", host, "/", paramsOf("HmacSHA1"))).toBe(vectors.v1StringToSignOfC);
  });

  it.each(vectors.v1)("$id: $method $algorithm", ({ method, algorithm, signature }) => {
    const params = paramsOf(algorithm);
    expect(signV1(method, host, params, key)).toBe(signature);
    expect(holds(new Map([...params, ["Signature", signature]]), method)).toBe(true);
  });
});

const parameters = fc
  .dictionary(
    fc.string({ unit: fc.constantFrom(..."abcXYZ.019"), minLength: 1, maxLength: 8 }),
    fc.string({ maxLength: 12 }),
  )
  .map((entries) => new Map(Object.entries(entries)));
const algorithms = fc.constantFrom("HmacSHA1", "HmacSHA256");

describe("properties", () => {
  it("agrees with the official SDK's own routine", () => {
    fc.assert(
      fc.property(parameters, algorithms, (made, algorithm) => {
        const params = new Map([...made, ["SignatureMethod", algorithm]]);
        const text = v1StringToSign("POST", host, "/", params);
        const method = algorithm === "HmacSHA256" ? "HmacSHA256" : "HmacSHA1";
        expect(signV1("POST", host, params, key)).toBe(Sdk.default.sign(vectors.secretKey, text, method));
      }),
    );
  });

  it("any changed, added or removed parameter, method or host is refused", () => {
    fc.assert(
      fc.property(parameters, algorithms, fc.nat(), (made, algorithm, at) => {
        const params = signed(new Map([...made, ["Action", "a"], ["SignatureMethod", algorithm]]));
        expect(holds(params)).toBe(true);
        expect(holds(params, "POST")).toBe(false);
        expect(holds(params, "GET", "evil.test")).toBe(false);
        const names = [...params.keys()].filter((name) => name !== "Signature");
        const name = names[at % names.length] ?? "Action";
        expect(holds(new Map([...params, [name, `${params.get(name)}!`]]))).toBe(false);
        expect(holds(new Map([...params, ["Added", ""]]))).toBe(false);
        expect(holds(new Map([...params].filter(([one]) => one !== name)))).toBe(false);
      }),
    );
  });

  it("any changed letter of the signature is refused, another spelling of the same bytes too", () => {
    const params = signed(paramsOf("HmacSHA1"));
    const signature = params.get("Signature") ?? "";
    const others = [...signature].map(
      (letter, place) =>
        signature.slice(0, place) + (letter === "A" ? "B" : "A") + signature.slice(place + 1),
    );
    for (const other of [
      ...others,
      signature.replace("=", ""),
      ` ${signature}`,
      `${signature}=`,
      signature.replaceAll("+", "-"),
      "",
    ]) {
      if (other !== signature) expect(holds(new Map([...params, ["Signature", other]]))).toBe(false);
    }
    // The last letter before the padding has bits that decode to nothing.
    const lax = signature.replace(/.=$/, (tail) => `${String.fromCharCode(tail.charCodeAt(0) + 1)}=`);
    expect(holds(new Map([...params, ["Signature", lax]]))).toBe(false);
  });
});

describe("the accept list", () => {
  const params = paramsOf("HmacSHA256");
  it.each([
    ["with its port", "a.test:8080", "a.test:8080"],
    ["without its port", "a.test", "a.test:8080"],
    ["with the default port that is not sent", "a.test:80", "a.test"],
    ["with TLS's default port that is not sent", "a.test:443", "a.test"],
  ])("a host %s", (_, at, sent) => {
    expect(holds(signed(params, "GET", at), "GET", sent)).toBe(true);
  });

  it("names with `_` signed as `.`, as Python does", () => {
    const sent = new Map([...params, ["A_b", "1"]]);
    const spelt = new Map([...params, ["A.b", "1"]]);
    expect(holds(new Map([...sent, ["Signature", signV1("GET", host, spelt, key)]]))).toBe(true);
  });

  it("an unknown method means SHA-1", () => {
    const unknown = paramsOf("HmacMD5");
    expect(holds(signed(unknown))).toBe(true);
    expect(signed(unknown).get("Signature")).toHaveLength(28);
  });
});

describe("parseForm", () => {
  it.each<[string, [string, string][] | undefined]>([
    ["", []],
    [
      "a=1&b=",
      [
        ["a", "1"],
        ["b", ""],
      ],
    ],
    ["a=x+y%20z%2B", [["a", "x y z+"]]],
    ["a=b=c", [["a", "b=c"]]],
    ["a", undefined],
    ["=1", undefined],
    ["a=1&&b=2", undefined],
    ["a=1&a=1", undefined],
    ["a=%", undefined],
    ["a=%ff", undefined],
  ])("of %j", (text, pairs) => {
    const parsed = parseForm(text);
    expect(parsed === undefined ? undefined : [...parsed]).toEqual(pairs);
  });

  it("agrees with URLSearchParams on what it writes", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.string()), (entries) => {
        const written = new URLSearchParams(entries);
        const parsed = parseForm(written.toString());
        expect(parsed).toEqual(new Map(written));
      }),
    );
  });
});
