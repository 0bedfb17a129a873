import { expect, it } from "vitest";
import { clientAddress } from "../../../lib/surfaces/forward-auth/address.ts";

/** Who writes which entry is of RFC 7239, section 7.4, and MDN's page on the header: each proxy appends whom it saw. */
const request = (forwarded: string | undefined) => ({
  method: "GET",
  path: "/v1/verify",
  rawQueries: [""] as const,
  headers: { "x-forwarded-for": forwarded },
  body: Buffer.alloc(0),
  bodyTooLarge: false,
  ip: "192.0.2.99",
});

it.each<[what: string, forwarded: string | undefined, hops: number, address: string | undefined]>([
  ["one proxy: what it saw", "203.0.113.7", 1, "203.0.113.7"],
  ["what the client wrote stands further left", "10.0.0.1, 203.0.113.7", 1, "203.0.113.7"],
  ["however much it wrote", `${"10.0.0.1,".repeat(500)}203.0.113.7`, 1, "203.0.113.7"],
  ["two proxies: the outer one's entry", "10.0.0.1, 203.0.113.7, 192.0.2.1", 2, "203.0.113.7"],
  ["three", "203.0.113.7, 192.0.2.1, 192.0.2.2", 3, "203.0.113.7"],
  ["lines that were joined without a space", "10.0.0.1,203.0.113.7", 1, "203.0.113.7"],
  ["space of any kind around it", "10.0.0.1 ,\t203.0.113.7 ", 1, "203.0.113.7"],
  ["IPv6", "2001:db8::7", 1, "2001:db8::7"],
  ["IPv4 in IPv6", "::ffff:203.0.113.7", 1, "::ffff:203.0.113.7"],
  ["no proxy: whom the door saw, whatever is written", "10.0.0.1", 0, "192.0.2.99"],
  ["no proxy, nothing written", undefined, 0, "192.0.2.99"],
  ["nothing, where a proxy should have written", undefined, 1, undefined],
  ["an empty line", "", 1, undefined],
  ["fewer entries than proxies: never the client's own", "10.0.0.1", 2, undefined],
  ["an empty entry", "203.0.113.7,", 1, undefined],
  ["a name", "10.0.0.1, localhost", 1, undefined],
  ["a port", "203.0.113.7:443", 1, undefined],
  ["brackets", "[2001:db8::7]", 1, undefined],
  ["a zone", "fe80::1%eth0", 1, undefined],
  ["a range", "0.0.0.0/0", 1, undefined],
  ["an octal octet", "010.0.0.1", 1, undefined],
  ["RFC 7239's form, which is another header's", "for=203.0.113.7", 1, undefined],
  ["unknown", "unknown", 1, undefined],
])("%s", (_, forwarded, hops, address) => {
  expect(clientAddress(request(forwarded), hops)).toBe(address);
});
