import { isIPv4 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isIpv4OrCidr } from "../../lib/keys/allowlist.ts";

describe("isIpv4OrCidr", () => {
  it.each(["1.2.3.4", "10.0.0.0/24", "0.0.0.0/0", "255.255.255.255/32"])("takes %s", (text) => {
    expect(isIpv4OrCidr(text)).toBe(true);
  });

  it.each([
    "",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "1.2.3.4/33",
    "1.2.3.4/",
    "1.2.3.4/024",
    " 1.2.3.4",
    "1.2.3.4\n",
    "::1",
    "2001:db8::/32",
    "example.com",
  ])("refuses %j", (text) => {
    expect(isIpv4OrCidr(text)).toBe(false);
  });

  it("agrees with node:net on arbitrary dotted numbers", () => {
    const octet = fc.integer({ min: 0, max: 300 }).map(String);
    fc.assert(
      fc.property(fc.array(octet, { minLength: 3, maxLength: 5 }), (octets) => {
        const text = octets.join(".");
        expect(isIpv4OrCidr(text)).toBe(isIPv4(text));
      }),
    );
  });
});
