import { describe, expect, it } from "vitest";
import { Secret } from "../../lib/keys/secret.ts";
import { addressGroup } from "../../lib/leaks/address.ts";
import { type LeakReport, toldBy } from "../../lib/leaks/report.ts";
import { unmatchedAllowance } from "../../lib/leaks/unmatched.ts";

const secret = "sk-a/b+c_d secret";
const report: LeakReport = {
  source: "github",
  signed: true,
  leaked: { id: null, secret: new Secret(secret) },
  about: null,
  changedAt: null,
  delivery: null,
  provider: null,
  tokenType: null,
  url: null,
  observedAt: null,
};

describe("what a sender tells beside the secret", () => {
  it.each([
    ["https://github.com/a/b.ts?x=1#L2", "https://github.com/a/b.ts"],
    ["https://user:pass@example.com:8443/a", "https://example.com:8443/a"],
    [`https://example.com/${encodeURIComponent(secret)}`, "https://example.com"],
    [`https://example.com/${encodeURIComponent(secret)}/%zz`, "https://example.com"],
    [`https://example.com/${encodeURIComponent(encodeURIComponent(secret))}`, "https://example.com"],
    [`https://example.com/${encodeURIComponent(secret.toUpperCase())}`, "https://example.com"],
    [`https://example.com/x?y=${secret}`, "https://example.com/x"],
    ["javascript:alert(1)", null],
    ["file:///etc/passwd", null],
    ["some_url", null],
    ["", null],
    [`https://example.com/${"x".repeat(1100)}`, null],
    ["https://example.com/%zz", "https://example.com/%zz"],
  ])("the place %s is kept as %s", (url, kept) => {
    expect(toldBy({ ...report, url }).url).toBe(kept);
  });

  it("the name of a host shows no secret in small letters", () => {
    const leaked = { id: null, secret: new Secret("AbCdEfGhIjKlMnOpQrStUv") };
    expect(toldBy({ ...report, leaked, url: "https://AbCdEfGhIjKlMnOpQrStUv.example.com/a" }).url).toBeNull();
  });

  it("its type and its time are kept where they have a plain form", () => {
    const typeOf = (tokenType: string) => toldBy({ ...report, tokenType }).tokenType;
    expect(typeOf("mycompany_api_token")).toBe("mycompany_api_token");
    for (const text of ["", "a b", "x".repeat(65), "<script>", "a\nb"]) expect(typeOf(text)).toBeNull();
    const token = new Secret("plain_token");
    expect(
      toldBy({ ...report, leaked: { id: null, secret: token }, tokenType: "plain_token" }).tokenType,
    ).toBeNull();
    const timeOf = (observedAt: string) => toldBy({ ...report, observedAt }).observedAt;
    expect(timeOf("2026-01-01T00:00:00+02:00")).toBe("2025-12-31T22:00:00.000Z");
    for (const text of ["", "yesterday", "+275760-09-13T00:00:00.000Z"]) expect(timeOf(text)).toBeNull();
  });
});

it("an address is one of IPv4, in either form, or a network of IPv6", () => {
  expect(addressGroup("192.0.2.1")).toBe(addressGroup("::ffff:192.0.2.1"));
  expect(addressGroup("192.0.2.1")).not.toBe(addressGroup("192.0.2.2"));
  expect(addressGroup("2001:db8:1:2:3:4:5:6")).toBe(addressGroup("2001:db8:1:2::"));
  expect(addressGroup("2001:db8:1:2::")).not.toBe(addressGroup("2001:db8:1:3::"));
  expect(addressGroup("")).toBe("");
});

it("rows that met no key are kept up to a number in each hour, those of strangers apart from those that are signed", () => {
  const may = unmatchedAllowance();
  const at = (hour: number) => new Date(hour * 3_600_000);
  const kept = (signed: boolean, hour: number) =>
    Array.from({ length: 1500 }, () => may(signed, at(hour))).filter(Boolean).length;
  expect([kept(false, 1), kept(true, 1), kept(false, 1), kept(false, 2)]).toEqual([1000, 1500, 0, 1000]);
});
