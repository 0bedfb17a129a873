import { createHmac, createSecretKey } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  checkGatewayDate,
  parseGatewayAuthorization,
  signGateway,
  signingText,
  verifyGateway,
} from "../../lib/signing/gateway-hmac.ts";
import vectors from "../vectors/signing/gateway.json" with { type: "json" };

const { published, openssl } = vectors;
const { id } = openssl;
const keyOf = (secret: string) => createSecretKey(secret, "utf8");
const credentials = { id, key: keyOf(openssl.secret) };

type Headers = Readonly<Record<string, string>>;

const xDate = "Mon, 19 Mar 2018 12:08:40 GMT";
const nowSeconds = 1_521_461_320;
const headers = { "X-Date": xDate, Source: "app" };
const authorization = signGateway(headers, credentials);
const verdict = (sent: string, given: Headers = headers, now = nowSeconds) =>
  verifyGateway({ authorization: sent, headers: given }, credentials, now);

/** HMAC by its definition and nothing but SHA-1 of another library; the text by bytes. */
const secondSigner = async (secret: string, pairs: readonly (readonly [string, string])[]) => {
  const utf8 = new TextEncoder();
  const sha1 = async (...parts: Uint8Array[]) =>
    new Uint8Array(await crypto.subtle.digest("SHA-1", Buffer.concat(parts)));
  const long = utf8.encode(secret);
  const block = new Uint8Array(64);
  block.set(long.length > 64 ? await sha1(long) : long);
  let text = "";
  for (const [name, value] of pairs) text += `${text === "" ? "" : "\n"}${name.toLowerCase()}: ${value}`;
  const inner = await sha1(
    block.map((byte) => byte ^ 0x36),
    utf8.encode(text),
  );
  const outer = await sha1(
    block.map((byte) => byte ^ 0x5c),
    inner,
  );
  return btoa(String.fromCharCode(...outer));
};

describe("what Tencent prints", () => {
  it("the text to sign", () => {
    const { document, demo } = published;
    expect(signingText(document.names, document.headers)).toBe(document.text);
    expect(signingText(demo.names, demo.headers)).toBe(demo.text);
  });

  it("the header", () => {
    const { id, names, signature } = published.demo;
    const claim = { id, algorithm: "hmac-sha1", headers: names, signature };
    expect(parseGatewayAuthorization(published.demo.authorization)).toEqual(claim);
  });

  it("a placeholder for a signature is none", () => {
    expect(parseGatewayAuthorization(published.call)).toBeUndefined();
  });
});

describe("signatures made elsewhere", () => {
  it.each(openssl.cases)("OpenSSL: $name", ({ headers: given, names, signature }) => {
    const stated: Record<string, string> = {};
    for (const [name, value] of Object.entries(given)) stated[name] = value;
    const made = `hmac id="${id}", algorithm="hmac-sha1", headers="${names.join(" ")}", signature="${signature}"`;
    expect(signGateway(stated, credentials, names)).toBe(made);
    expect(verdict(made, stated)).toBe("ok");
  });

  const value = fc.string({ unit: "binary", maxLength: 80 }).filter((text) => !/\p{Cc}/u.test(text));
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,11}$/);
  const distinct = fc.uniqueArray(fc.tuple(name, value), {
    maxLength: 6,
    selector: ([text]) => text.toLowerCase(),
  });
  const dates = fc.constantFrom("Date", "date", "X-Date", "x-date", "X-DATE");
  const signed = fc
    .tuple(distinct, dates, fc.nat(), fc.string({ unit: "binary", minLength: 1, maxLength: 99 }))
    .map(([pairs, date, place, secret]) => {
      const all = pairs.filter(([text]) => !/^(x-)?date$/i.test(text));
      all.splice(place % (all.length + 1), 0, [date, xDate]);
      return { pairs: all, given: Object.fromEntries(all), secret };
    });

  it("a second implementation agrees, and what is signed verifies", async () => {
    await fc.assert(
      fc.asyncProperty(signed, async ({ pairs, given, secret }) => {
        const names = pairs.map(([text]) => text);
        const mine = { id, key: keyOf(secret) };
        const made = signGateway(given, mine, names);
        expect(parseGatewayAuthorization(made)?.signature).toBe(await secondSigner(secret, pairs));
        expect(verifyGateway({ authorization: made, headers: given }, mine, nowSeconds)).toBe("ok");
      }),
    );
  });

  it("no change of a signed value, of the secret or of the id verifies", () => {
    fc.assert(
      fc.property(signed, fc.nat(), fc.string({ unit: "binary" }), (made, at, other) => {
        const { pairs, given, secret } = made;
        const mine = { id, key: keyOf(secret) };
        const sent = signGateway(given, mine);
        const [changed, was] = pairs[at % pairs.length] ?? ["", ""];
        fc.pre(other !== was && other !== secret);
        const forged = { authorization: sent, headers: { ...given, [changed]: other } };
        expect(verifyGateway(forged, mine, nowSeconds)).toBe("invalid");
        const request = { authorization: sent, headers: given };
        expect(verifyGateway(request, { id, key: keyOf(`${secret}x`) }, nowSeconds)).toBe("invalid");
        expect(verifyGateway(request, { ...mine, id: `${id}x` }, nowSeconds)).toBe("invalid");
      }),
    );
  });

  it("no two lists of headers have one text", () => {
    fc.assert(
      fc.property(signed, signed, (one, two) => {
        const text = ({ pairs, given }: typeof one) => {
          const names = pairs.map(([name]) => name.toLowerCase());
          return [signingText(names, given), JSON.stringify(names.map((name, at) => [name, pairs[at]?.[1]]))];
        };
        const [left, right] = [text(one), text(two)];
        expect(left[0] === right[0]).toBe(left[1] === right[1]);
      }),
    );
  });

  it("a header with one letter changed verifies only where it reads the same", () => {
    const letter = fc.oneof(fc.constantFrom(..."\"=, dDxX-'\\\n"), fc.string({ minLength: 1, maxLength: 1 }));
    fc.assert(
      fc.property(fc.nat({ max: authorization.length - 1 }), letter, (at, other) => {
        const changed = authorization.slice(0, at) + other + authorization.slice(at + 1);
        const claim = JSON.stringify(parseGatewayAuthorization(changed));
        const same = claim === JSON.stringify(parseGatewayAuthorization(authorization));
        expect(verdict(changed)).toBe(same ? "ok" : "invalid");
      }),
      { numRuns: 2000 },
    );
  });

  it("any text and any headers get an answer", () => {
    const start = fc.constantFrom("", "hmac ", authorization, authorization.slice(0, 60));
    fc.assert(
      fc.property(
        start,
        fc.string({ unit: "binary" }),
        fc.dictionary(fc.string(), fc.string()),
        (a, b, c) => {
          expect(verdict(a + b, c)).toBe("invalid");
        },
      ),
    );
  });
});

describe("attacks on the headers", () => {
  const { "X-Date": _, ...undated } = headers;
  it.each<[string, Headers]>([
    ["another value", { ...headers, Source: "App" }],
    ["a space before a value", { ...headers, Source: " app" }],
    ["a space after a value", { ...headers, Source: "app " }],
    ["a dropped header", { "X-Date": xDate }],
    ["a dropped date", undated],
    ["a date in the place of X-Date", { Date: xDate, Source: "app" }],
    ["a name given twice", { ...headers, source: "app" }],
    ["a name given three times", { ...headers, source: "app", SOURCE: "app" }],
    ["a second X-Date", { ...headers, "x-date": "Mon, 19 Mar 2018 12:08:41 GMT" }],
    ["a line feed in a value", { ...headers, Source: "app\n" }],
    ["a carriage return in a value", { ...headers, Source: "app\r" }],
    ["a header within a value", { "X-Date": `${xDate}\nsource: app` }],
    ["a letter beyond ASCII that looks alike", { ...headers, Source: "аpp" }],
  ])("%s", (_, given) => {
    expect(verdict(authorization, given)).toBe("invalid");
  });

  it("names in any case, in any order, beside others that nobody signed", () => {
    const given = { Accept: "*/*", accept: "a/b", SOURCE: "app", "x-date": xDate, "né à": "\n" };
    expect(verdict(authorization, given)).toBe("ok");
  });

  it("composed and decomposed letters are two values, half a letter is none", () => {
    const sent = signGateway({ ...headers, Source: "\u00e9" }, credentials);
    expect(verdict(sent, { ...headers, Source: "\u00e9" })).toBe("ok");
    expect(verdict(sent, { ...headers, Source: "e\u0301" })).toBe("invalid");
    // All halves have the same bytes in UTF-8: those of U+FFFD.
    const replaced = signGateway({ ...headers, Source: "\ufffd" }, credentials);
    expect(verdict(replaced, { ...headers, Source: "\ud800" })).toBe("invalid");
    expect(() => signGateway({ ...headers, Source: "\ud800" }, credentials)).toThrow("cannot be signed");
  });

  it("a letter that becomes ASCII by lower-casing is no header's name", () => {
    const given = { "X-Date": xDate, "\u212aey": "1" };
    expect(() => signGateway(given, credentials)).toThrow("cannot be signed");
    const sent = signGateway({ "X-Date": xDate, key: "1" }, credentials);
    expect(verdict(sent, given)).toBe("invalid");
  });

  it("what an object inherits was not given", () => {
    expect(verdict(authorization.replace("source", "constructor"))).toBe("invalid");
  });
});

describe("attacks on the Authorization header", () => {
  const signature = parseGatewayAuthorization(authorization)?.signature ?? "";
  const altered = (from: string, to: string) => authorization.replace(from, to);
  it.each([
    ["no scheme", altered("hmac ", "")],
    ["no space after the scheme", altered("hmac ", "hmac")],
    ["another scheme", altered("hmac ", "HMAC ")],
    ["two spaces after the scheme", altered("hmac ", "hmac  ")],
    ["two spaces between parts", altered(", algorithm", ",  algorithm")],
    ["a space before a comma", altered(", algorithm", " , algorithm")],
    ["a space around an equals sign", altered("id=", "id =")],
    ["a comma at the end", `${authorization},`],
    ["a line feed at the end", `${authorization}\n`],
    ["the id twice", altered("hmac ", `hmac id="${id}", `)],
    ["the list twice", `${authorization}, headers="x-date"`],
    ["the signature twice", `${authorization}, signature="${signature}"`],
    ["a parameter that nobody knows", `${authorization}, nonce="1"`],
    ["no id", altered(`id="${id}", `, "")],
    ["an id too short", altered(id, "AKID")],
    ["an id with a quotation mark", altered(id, `${id}\\"`)],
    ["no algorithm", altered(`algorithm="hmac-sha1", `, "")],
    ["no list", altered(`headers="x-date source", `, "")],
    ["no signature", altered(`, signature="${signature}"`, "")],
    ["an empty signature", altered(signature, "")],
    ["no quotation marks", authorization.replaceAll('"', "")],
    ["an algorithm of another case", altered("hmac-sha1", "HMAC-SHA1")],
    ["an algorithm that is not documented here", altered("hmac-sha1", "hmac-sha256")],
    ["an algorithm that every object has", altered("hmac-sha1", "constructor")],
    ["no algorithm at all", altered("hmac-sha1", "none")],
    ["a signature of 32 bytes", altered(signature, `${"A".repeat(43)}=`)],
    ["a signature in hexadecimal", altered(signature, Buffer.from(signature, "base64").toString("hex"))],
    ["a signature without its padding", altered(signature, signature.slice(0, -1))],
    ["a signature for URLs", altered(signature, `${"_".repeat(26)}A=`)],
    ["a signature with spare bits", altered(signature, `${"A".repeat(26)}B=`)],
    ["a list of nothing", altered("x-date source", "")],
    ["a list without a date", altered("x-date source", "source")],
    ["a list with two spaces", altered("x-date source", "x-date  source")],
    ["a list with a tab", altered("x-date source", "x-date\tsource")],
    ["a list with a space at its end", altered("x-date source", "x-date source ")],
    ["a list with semicolons", altered("x-date source", "x-date;source")],
    ["a name repeated", altered("x-date source", "x-date source source")],
    ["a name repeated in another case", altered("x-date source", "x-date source Source")],
    ["a name beyond ASCII", altered("x-date source", "x-date \u212aey")],
    [
      "a list of very many names",
      altered("source", Array.from({ length: 40 }, (_, at) => `x${at}`).join(" ")),
    ],
    ["a very long list", altered("source", "a".repeat(2048))],
  ])("%s is not in shape", (_, sent) => {
    expect(parseGatewayAuthorization(sent)).toBeUndefined();
    expect(verdict(sent)).toBe("invalid");
  });

  it.each([
    ["another order", altered("x-date source", "source x-date")],
    ["a header less", altered("x-date source", "x-date")],
    ["a header more", altered("x-date source", "x-date source host")],
    ["a signature of the same length", altered(signature, `${"A".repeat(27)}=`)],
    ["the id of another key", altered(id, id.replace("01", "02"))],
  ])("%s is read and refused", (_, sent) => {
    expect(parseGatewayAuthorization(sent)).toBeDefined();
    expect(verdict(sent, { ...headers, Host: "a.test" })).toBe("invalid");
  });

  it("a SHA-256 signature passes under neither name", () => {
    const text = signingText(["x-date", "source"], headers) ?? "";
    const long = createHmac("sha256", openssl.secret).update(text).digest("base64");
    for (const named of ["hmac-sha1", "hmac-sha256"]) {
      expect(verdict(altered("hmac-sha1", named).replace(signature, long))).toBe("invalid");
    }
  });

  it("parts in any order, names in any case, spaces after commas or none", () => {
    const [one, two, three, four] = authorization.slice("hmac ".length).split(", ");
    expect(verdict(`hmac ${four},${two}, ${one},${three}`)).toBe("ok");
    expect(verdict(altered("x-date source", "X-Date SOURCE"))).toBe("ok");
  });

  it("an empty secret signs nothing and verifies nothing", () => {
    const empty = { id, key: keyOf("") };
    expect(() => signGateway(headers, empty)).toThrow("needed to sign");
    const text = signingText(["x-date", "source"], headers) ?? "";
    const made = altered(signature, createHmac("sha1", "").update(text).digest("base64"));
    expect(verifyGateway({ authorization: made, headers }, empty, nowSeconds)).toBe("invalid");
  });

  it("the signer makes nothing that would be refused", () => {
    expect(() => signGateway({ Source: "app" }, credentials)).toThrow("cannot be signed");
    expect(() => signGateway({ ...headers, Source: "a\nb" }, credentials)).toThrow("cannot be signed");
    expect(() => signGateway(headers, credentials, ["x-date", "absent"])).toThrow("cannot be signed");
    expect(() => signGateway(headers, { ...credentials, id: 'a"b, c' })).toThrow("no verifier");
  });
});

describe("time", () => {
  it("X-Date holds for 15 minutes on both sides, and not for a replay", () => {
    for (const off of [-900, 0, 900]) expect(verdict(authorization, headers, nowSeconds + off)).toBe("ok");
    for (const off of [-901, 901, 86_400, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(verdict(authorization, headers, nowSeconds + off)).toBe("expired");
    }
  });

  it("a newer X-Date on an old signature, and an old one wrongly signed, are invalid rather than expired", () => {
    const later = nowSeconds + 3600;
    const fresh = new Date(later * 1000).toUTCString();
    expect(verdict(authorization, { ...headers, "X-Date": fresh }, later)).toBe("invalid");
    expect(verdict(authorization, { ...headers, Source: "other" }, later)).toBe("invalid");
  });

  it("the age of Date is not looked at, as documented, nor an X-Date that is not signed", () => {
    const given = { Date: "Fri, 09 Oct 2015 00:00:00 GMT", Source: "app" };
    const sent = signGateway(given, credentials);
    expect(verdict(sent, given)).toBe("ok");
    expect(verdict(sent, { ...given, "X-Date": "Mon, 01 Jan 2001 00:00:00 GMT" })).toBe("ok");
  });

  it("of two signed dates X-Date counts", () => {
    const given = { Date: "Fri, 09 Oct 2015 00:00:00 GMT", "X-Date": xDate };
    const sent = signGateway(given, credentials);
    expect(verdict(sent, given)).toBe("ok");
    expect(verdict(sent, given, nowSeconds + 901)).toBe("expired");
  });

  it.each([
    "",
    "1521461320",
    "2018-03-19T12:08:40Z",
    "Tue, 19 Mar 2018 12:08:40 GMT",
    "Mon, 19 Mar 2018 12:08:40 UTC",
    "Mon, 19 Mar 2018 12:08:40 +0000",
    "Mon, 19 Mar 2018 12:08:40",
    "mon, 19 mar 2018 12:08:40 gmt",
    "Mon, 19 Mar 2018 12:08:60 GMT",
    "Fri, 30 Feb 2018 12:08:40 GMT",
    "Monday, 19-Mar-18 12:08:40 GMT",
    "Mon Mar 19 12:08:40 2018",
    " Mon, 19 Mar 2018 12:08:40 GMT",
    "Invalid Date",
  ])("%j is no X-Date, though rightly signed", (text) => {
    const given = { "X-Date": text };
    expect(verdict(signGateway(given, credentials), given)).toBe("invalid");
    expect(checkGatewayDate(text, nowSeconds)).toBe("invalid");
  });
});
