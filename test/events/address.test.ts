import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublic, networksOf } from "../../lib/events/address.ts";
import { areOpen, parseTarget, targetFault } from "../../lib/events/target.ts";

const none = networksOf([]);
const fault = (url: string): string | undefined => targetFault(url, none, false);

describe("addresses that are not public", () => {
  // One inside of each range that Svix refuses, Teredo and site-local ones; first and last of some.
  it.each([
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "::ffff:10.0.0.1",
    "::ffff:0:10.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::1",
    "100::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "fe80::1%eth0",
    "",
    "localhost",
    "127.1",
  ])("%s", (ip) => {
    expect(isPublic(ip)).toBe(false);
  });

  it("of IPv4 are not public in the form of IPv6 either", () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        expect(isPublic(`::ffff:${ip}`)).toBe(isPublic(ip));
      }),
    );
  });
});

it.each([
  "1.1.1.1",
  "9.255.255.255",
  "11.0.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "192.167.255.255",
  "192.169.0.0",
  "223.255.255.255",
  "2606:4700:4700::1111",
  "2a00:1450:4001:82a::200e",
])("%s is public", (ip) => {
  expect(isPublic(ip)).toBe(true);
});

describe("a range of the configuration", () => {
  it("opens what is in it, and nothing else", () => {
    const opened = networksOf(["10.1.0.0/16", "fd00::/64"]);
    expect(["10.1.2.3", "fd00::1", "10.2.0.1", "169.254.169.254", "fd01::1"].map(opened)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("there is none unless one is named", () => {
    expect(["127.0.0.1", "1.1.1.1", "::1"].map(none)).toEqual([false, false, false]);
  });
});

describe("an endpoint's address", () => {
  it.each([
    "https://hooks.example.com/x?token=1",
    "https://hooks.example.com:8443/",
    "https://1.1.1.1/",
    "https://[2606:4700:4700::1111]/",
    "https://xn--bcher-kva.example/",
  ])("%s is taken", (url) => {
    expect(fault(url)).toBeUndefined();
  });

  it.each([
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "javascript:alert(1)",
    "hooks.example.com",
    "//hooks.example.com",
    "",
    "https://",
    "https://user@hooks.example.com/",
    "https://user:word@hooks.example.com/",
    "https://1.1.1.1@127.0.0.1/",
    "https://hooks.example.com/#part",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:6379/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://①②⑦.⓪.⓪.①/",
    "https://１２７．０．０．１/",
    "https://127.0.0.1%2f@hooks.example.com/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://localhost/",
    "https://localhost./",
    "https://a.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://router.home.arpa/",
    "https://intranet/",
  ])("%s is refused", (url) => {
    expect(fault(url)).toBeDefined();
  });

  it.each([
    ["http://1.1.1.1/", "https://"],
    ["https://1.1.1.1:22/", "443"],
    ["https://127.0.0.1/", "webhooks.networks"],
    ["http://localhost:9000/", "https://"],
    ["https://localhost/", "webhooks.networks"],
  ])("%s is refused by what is wrong with it", (url, word) => {
    expect(fault(url)).toContain(word);
  });

  it("may be within a range of the configuration, there without TLS and at any port", () => {
    const networks = networksOf(["10.1.0.0/16"]);
    const judged = (url: string) => targetFault(url, networks, true);
    expect(["http://10.1.2.3:9000/", "https://10.1.2.3/", "http://receiver:9000/"].map(judged)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(["http://10.2.0.1/", "http://1.1.1.1/", "https://1.1.1.1:22/"].map(judged)).not.toContain(
      undefined,
    );
  });
});

it("of several addresses, one that is closed closes the name", () => {
  const target = parseTarget("https://hooks.example.com/");
  if (target === undefined) throw new Error("no target");
  expect(areOpen(["1.1.1.1", "2606:4700:4700::1111"], target, none)).toBe(true);
  expect(areOpen(["1.1.1.1", "127.0.0.1"], target, none)).toBe(false);
  expect(areOpen(["1.1.1.1", "::ffff:10.0.0.1"], target, none)).toBe(false);
  expect(areOpen([], target, none)).toBe(false);
});
