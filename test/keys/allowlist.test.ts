import { BlockList, isIP, isIPv4 } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allows,
  compileAllowlist,
  isIpOrCidr,
  isIpv4OrCidr,
  parseAddress,
} from "../../lib/keys/allowlist.ts";

const lets = (entries: readonly string[], ip: string): boolean =>
  allows(compileAllowlist(entries), parseAddress(ip));

/** A part of the 128 bits: all of IPv6, or where IPv4 lies in it. */
interface Family {
  readonly start: bigint;
  readonly width: number;
}
const v6: Family = { start: 0n, width: 128 };
const v4: Family = { start: 0xffff_0000_0000n, width: 32 };

const isMapped = (value: bigint): boolean => value >> 32n === 0xffffn;

/** A network by the bits of the whole, 96 and more for IPv4. */
interface Network {
  readonly value: bigint;
  readonly bits: number;
}
const sizeOf = ({ bits }: Network): bigint => 1n << BigInt(128 - bits);
const contains = (network: Network, value: bigint): boolean =>
  network.value / sizeOf(network) === value / sizeOf(network);

const valueIn = ({ start, width }: Family): fc.Arbitrary<bigint> => {
  const max = (1n << BigInt(width)) - 1n;
  return fc
    .oneof(
      fc.bigInt({ min: 0n, max }),
      // Bits at few places: most groups are zeros, as in addresses that are written short.
      fc
        .array(fc.nat(width - 1), { maxLength: 3 })
        .map((places) => places.reduce((sum, place) => sum | (1n << BigInt(place)), 0n)),
      fc.constantFrom(0n, max),
    )
    .map((value) => start + value);
};
const mappedOrNot = fc.oneof(valueIn(v4), valueIn(v6));

const networkIn = (family: Family): fc.Arbitrary<Network> => {
  const least = 128 - family.width;
  return fc.record({
    value: valueIn(family),
    bits: fc.oneof(fc.integer({ min: least, max: 128 }), fc.constantFrom(least, 127, 128)),
  });
};
const networkOfMapped = fc.oneof(
  networkIn(v4),
  fc.record({ value: mappedOrNot, bits: fc.integer({ min: 80, max: 128 }) }),
);

/** Addresses about the networks' edges, which stay in the family, and some that are anywhere in it. */
const near = (networks: readonly Network[], family: Family): fc.Arbitrary<bigint> => {
  const edges = networks.flatMap((network) => {
    const first = network.value - (network.value % sizeOf(network));
    return [first - 1n, first, network.value, first + sizeOf(network) - 1n, first + sizeOf(network)];
  });
  const { start, width } = family;
  const inside = edges.map((edge) => start + BigInt.asUintN(width, edge - start));
  return fc.oneof(valueIn(family), fc.constantFrom(...(inside.length > 0 ? inside : [start])));
};

const quad = (word: bigint): string => [24n, 16n, 8n, 0n].map((by) => (word >> by) & 0xffn).join(".");

/** Any way to write an address as one of IPv6: either case, zeros before or not, a quad or not, any zeros left out. */
const textOf6 = (value: bigint): fc.Arbitrary<string> =>
  fc
    .record({
      upper: fc.boolean(),
      pad: fc.boolean(),
      dotted: fc.boolean(),
      from: fc.nat(8),
      omit: fc.nat(8),
    })
    .map(({ upper, pad, dotted, from, omit }) => {
      const groups = Array.from({ length: 8 }, (_, place) =>
        ((value >> BigInt(112 - 16 * place)) & 0xffffn).toString(16).padStart(pad ? 4 : 1, "0"),
      );
      if (dotted) groups.splice(6, 2, quad(value & 0xffff_ffffn));
      const [before, left, after] = [
        groups.slice(0, from),
        groups.slice(from, from + omit),
        groups.slice(from + omit),
      ];
      const short = left.length > 0 && left.every((group) => /^0+$/.test(group));
      const text = short ? `${before.join(":")}::${after.join(":")}` : groups.join(":");
      return upper ? text.toUpperCase() : text;
    });

const textOf4 = (value: bigint): fc.Arbitrary<string> => fc.constant(quad(value & 0xffff_ffffn));

/** IPv4 as such or mapped, the rest in any form. */
const textOf = (value: bigint): fc.Arbitrary<string> =>
  isMapped(value) ? fc.oneof(textOf4(value), textOf6(value)) : textOf6(value);

type Write = (value: bigint) => fc.Arbitrary<string>;

/** A network that is wider than IPv4 has no form in decimal. */
const entryOf = ({ value, bits }: Network, write: Write = textOf): fc.Arbitrary<string> =>
  fc.tuple(bits < 96 ? textOf6(value) : write(value), fc.boolean()).map(([text, bare]) => {
    if (bare && bits === 128) return text;
    return `${text}/${isIPv4(text) ? bits - 96 : bits}`;
  });

/** Networks, their entries, and an address by its value and its text. */
const caseOf = (network: fc.Arbitrary<Network>, family: Family, write: Write = textOf) =>
  fc.array(network, { minLength: 1, maxLength: 4 }).chain((networks) =>
    fc.record({
      networks: fc.constant(networks),
      entries: fc.tuple(...networks.map((one) => entryOf(one, write))),
      called: near(networks, family).chain((value) =>
        fc.record({ value: fc.constant(value), ip: write(value) }),
      ),
    }),
  );

const blockListLets = (entries: readonly string[], ip: string): boolean => {
  const list = new BlockList();
  for (const entry of entries) {
    const [net = "", prefix] = entry.split("/");
    const type = isIPv4(net) ? "ipv4" : "ipv6";
    if (prefix === undefined) list.addAddress(net, type);
    else list.addSubnet(net, Number(prefix), type);
  }
  return list.check(ip, isIPv4(ip) ? "ipv4" : "ipv6");
};

const numRuns = 1000;

describe("isIpv4OrCidr", () => {
  it.each(["1.2.3.4", "10.0.0.0/24", "0.0.0.0/0", "255.255.255.255/32"])("takes %s", (text) => {
    expect(isIpv4OrCidr(text)).toBe(true);
    expect(isIpOrCidr(text)).toBe(true);
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

describe("isIpOrCidr", () => {
  it.each(["::1", "2001:DB8::/32", "::/0", "::1/128", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104"])(
    "takes %s",
    (text) => {
      expect(isIpOrCidr(text)).toBe(true);
    },
  );

  it.each(["", "/", "::1/129", "::1/", "::1/01", "::1/1/1", "fe80::1%eth0", "10.0.0.0/33", "10.0.0.0/+8"])(
    "refuses %j",
    (text) => {
      expect(isIpOrCidr(text)).toBe(false);
    },
  );

  it("takes every form of every network", () => {
    const entry = fc.oneof(networkIn(v6), networkOfMapped).chain((network) => entryOf(network));
    fc.assert(fc.property(entry, (text) => isIpOrCidr(text)));
  });
});

describe("parseAddress", () => {
  it.each([
    ["10.0.0.1", [0, 0, 0xffff, 0x0a00_0001]],
    ["255.255.255.255", [0, 0, 0xffff, -1]],
    ["::ffff:10.0.0.1", [0, 0, 0xffff, 0x0a00_0001]],
    ["::FFFF:a00:1", [0, 0, 0xffff, 0x0a00_0001]],
    ["::", [0, 0, 0, 0]],
    ["::1", [0, 0, 0, 1]],
    ["1::", [0x1_0000, 0, 0, 0]],
    ["2001:db8::ff00:42:8329", [0x2001_0db8, 0, 0xff00, 0x42_8329]],
    ["1:2:3:4:5:6:7:8", [0x1_0002, 0x3_0004, 0x5_0006, 0x7_0008]],
    ["1:2:3:4:5:6:7::", [0x1_0002, 0x3_0004, 0x5_0006, 0x7_0000]],
    ["::2:3:4:5:6:7:8", [0x2, 0x3_0004, 0x5_0006, 0x7_0008]],
    ["64:ff9b::192.0.2.33", [0x64_ff9b, 0, 0, 0xc000_0221 | 0]],
  ])("reads %s", (ip, [a, b, c, d]) => {
    expect(parseAddress(ip)).toEqual({ a, b, c, d });
  });

  it.each([
    "",
    "localhost",
    "010.0.0.1",
    "0x0a.0.0.1",
    "10.1",
    "167772161",
    "10.0.0.1:80",
    "10.0.0.0/8",
    " 10.0.0.1",
    "10.0.0.1\n",
    "10.0.0.1\0",
    "::1\0",
    "[::1]",
    "1::2::3",
    ":::",
    "12345::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:1.2.3.4",
    "::ffff:010.0.0.1",
    "::ffff:10.0.1",
    "fe80::1%eth0",
    "fe80::1%",
    "10.0.0.1%eth0",
    "\u0661.0.0.1",
  ])("refuses %j", (ip) => {
    expect(parseAddress(ip)).toBeUndefined();
  });

  it("reads every form of every address", () => {
    const written = mappedOrNot.chain((value) => textOf(value).map((ip) => ({ value, ip })));
    fc.assert(
      fc.property(written, ({ value, ip }) => {
        const [a, b, c, d] = [96n, 64n, 32n, 0n].map((by) => Number(BigInt.asIntN(32, value >> by)));
        expect(parseAddress(ip)).toEqual({ a, b, c, d });
      }),
      { numRuns },
    );
  });

  it("takes what node:net takes, zones apart", () => {
    const character = fc.constantFrom(..."0123456789abcdefABCDEFg:::::....%/ ");
    const text = fc.oneof(fc.string({ unit: character, maxLength: 24 }), mappedOrNot.chain(textOf));
    const damaged = fc
      .record({ text, at: fc.nat(40), put: fc.string({ unit: character, maxLength: 2 }), drop: fc.nat(2) })
      .map(({ text, at, put, drop }) => text.slice(0, at) + put + text.slice(at + drop));
    fc.assert(
      fc.property(damaged, (ip) => {
        expect(parseAddress(ip) !== undefined).toBe(isIP(ip) !== 0 && !ip.includes("%"));
      }),
      { numRuns },
    );
  });
});

describe("allows", () => {
  it.each([
    [["10.0.0.1"], "10.0.0.1", true],
    [["10.0.0.1"], "10.0.0.2", false],
    [["10.0.0.0/24"], "10.0.0.255", true],
    [["10.0.0.0/24"], "10.0.1.0", false],
    [["10.0.0.7/24"], "10.0.0.1", true],
    [["128.0.0.0/1"], "255.255.255.255", true],
    [["128.0.0.0/1"], "127.255.255.255", false],
    [["192.0.2.7/32"], "192.0.2.7", true],
    [["2001:db8::/32"], "2001:db8:ffff::1", true],
    [["2001:db8::/32"], "2001:db9::", false],
    [["2001:db8::5/127"], "2001:db8::4", true],
    [["2001:db8::5/127"], "2001:db8::6", false],
    [["::1/128"], "::1", true],
    [["2001:DB8::A"], "2001:db8:0:0:0:0:0:a", true],
    [["192.0.2.1", "10.0.0.0/8", "2001:db8::/32"], "10.9.8.7", true],
    [["192.0.2.1", "10.0.0.0/8", "2001:db8::/32"], "2001:db8::1", true],
    [["192.0.2.1", "10.0.0.0/8", "2001:db8::/32"], "11.0.0.0", false],
    [["10.0.0.1"], "::ffff:10.0.0.1", true],
    [["10.0.0.1"], "::ffff:a00:1", true],
    [["::ffff:10.0.0.1"], "10.0.0.1", true],
    [["::ffff:a00:1"], "10.0.0.1", true],
    [["::ffff:10.0.0.0/104"], "10.255.255.255", true],
    [["::ffff:10.0.0.0/104"], "11.0.0.0", false],
    [["::ffff:10.0.0.0/104"], "::ffff:aff:ffff", true],
    [["::ffff:0:0/96"], "203.0.113.9", true],
    [["::ffff:0:0/96"], "::fffe:ffff:ffff", false],
    [["10.0.0.1"], "::10.0.0.1", false],
    [["::10.0.0.1"], "10.0.0.1", false],
    [["10.0.0.0/8"], "a00::", false],
    [["a00::/8"], "10.0.0.1", false],
  ])("%j and %s: %s", (entries, ip, expected) => {
    expect(lets(entries, ip)).toBe(expected);
  });

  it("an empty list lets all through, even what is no address; another list does not", () => {
    for (const ip of ["10.0.0.1", "::1", "", "unix", "fe80::1%eth0"]) expect(lets([], ip)).toBe(true);
    for (const ip of ["", "unix", "fe80::1%eth0"]) expect(lets(["0.0.0.0/0", "::/0"], ip)).toBe(false);
  });

  it("0.0.0.0/0 lets all of IPv4 through, in any form, and nothing of IPv6", () => {
    const written = mappedOrNot.chain((value) => textOf(value).map((ip) => ({ value, ip })));
    fc.assert(
      fc.property(
        written,
        fc.constantFrom("0.0.0.0/0", "10.0.0.1/0", "::ffff:0:0/96"),
        ({ value, ip }, all) => {
          expect(lets([all], ip)).toBe(isMapped(value));
        },
      ),
      { numRuns },
    );
  });

  it("::/0 lets every address through: IPv6 contains the mapped form of IPv4", () => {
    fc.assert(
      fc.property(mappedOrNot.chain(textOf), fc.constantFrom("::/0", "2001:db8::1/0"), (ip, all) => {
        expect(lets([all], ip)).toBe(true);
      }),
      { numRuns },
    );
  });

  it.each([
    ["IPv4", caseOf(networkIn(v4), v4, textOf4)],
    ["IPv6", caseOf(networkIn(v6), v6, textOf6)],
    ["both", caseOf(fc.oneof(networkOfMapped, networkIn(v6)), v6)],
  ])("agrees with node:net on %s", (_, cases) => {
    fc.assert(
      fc.property(cases, ({ entries, called }) => {
        expect(lets(entries, called.ip)).toBe(blockListLets(entries, called.ip));
      }),
      { numRuns },
    );
  });

  it.each([
    ["IPv4 in both its forms", caseOf(networkIn(v4), v4)],
    ["networks about the mapped ones, and IPv4", caseOf(networkOfMapped, v4)],
    ["networks about the mapped ones, and IPv6", caseOf(networkOfMapped, v6)],
    ["networks of IPv6", caseOf(networkIn(v6), v6)],
  ])("agrees with arithmetic on %s", (_, cases) => {
    fc.assert(
      fc.property(cases, ({ networks, entries, called }) => {
        const expected = networks.some((network) => contains(network, called.value));
        expect(lets(entries, called.ip)).toBe(expected);
      }),
      { numRuns },
    );
  });

  it("what is no entry neither throws nor lets anything through, alone or among others", () => {
    const junk = fc
      .oneof(
        fc.string(),
        fc.string({ unit: fc.constantFrom(..."0123456789abf:./%-") }),
        fc.tuple(mappedOrNot.chain(textOf), fc.string()).map(([ip, end]) => `${ip}/${end}`),
        fc.constantFrom(
          "*",
          "/0",
          "::/129",
          "::/-1",
          "0.0.0.0/33",
          "0.0.0.0/",
          "0.0.0.0/00",
          "::%1/0",
          "0/0",
        ),
      )
      .filter((text) => !isIpOrCidr(text));
    const cases = caseOf(fc.oneof(networkIn(v6), networkIn(v4)), v6);
    fc.assert(
      fc.property(fc.array(junk, { minLength: 1, maxLength: 3 }), cases, (texts, { entries, called }) => {
        expect(lets(texts, called.ip)).toBe(false);
        for (const text of texts) {
          expect(lets(texts, text)).toBe(false);
          expect(lets([text], "::")).toBe(false);
        }
        const alone = lets(entries, called.ip);
        expect(lets([...texts, ...entries], called.ip)).toBe(alone);
        expect(lets([...entries, ...texts], called.ip)).toBe(alone);
      }),
      { numRuns },
    );
  });
});
