const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4OrCidr = new RegExp(`^${octet}(?:\\.${octet}){3}(?:/(?:3[0-2]|[12]?\\d))?$`);

/** An IPv4 address or CIDR range in decimal, no leading zeros: `10.0.0.0/24`. An octet like `010` is octal to some. */
export const isIpv4OrCidr = (text: string): boolean => ipv4OrCidr.test(text);

const prefixForm = /^(?:0|[1-9]\d{0,2})$/;

/** An address or CIDR range of either family, `2001:db8::/32`; no zones. */
export const isIpOrCidr = (text: string): boolean => {
  const [address = "", prefix, ...more] = text.split("/");
  if (parseAddress(address) === undefined || more.length > 0) return false;
  const bits = address.includes(":") ? 128 : 32;
  return prefix === undefined || (prefixForm.test(prefix) && Number(prefix) <= bits);
};

/** 128 bits in four signed words, which the engine keeps unboxed. IPv4 is in its mapped form, `::ffff:0:0/96`. */
export interface Address {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

const [dot, zero, nine] = [46, 48, 57];

/** `0000:0000:0000:0000:0000:ffff:255.255.255.255` */
const addressMax = 45;

/** Undefined for what is no address; one with a zone is none, either, because no entry can name it. */
export const parseAddress = (ip: string): Address | undefined => {
  // A list's entry may be as long as a body.
  if (ip.length > addressMax) return undefined;
  if (ip.includes(":")) return parseIpv6(ip);
  const d = parseIpv4(ip);
  return d === undefined ? undefined : { a: 0, b: 0, c: 0xffff, d };
};

/** Four octets in decimal, without leading zeros, in one pass: every verification with an address comes by here. */
const parseIpv4 = (text: string): number | undefined => {
  let word = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === dot) {
      if (digits === 0) return undefined;
      word = (word << 8) | octet;
      octet = 0;
      digits = 0;
      dots++;
    } else {
      if (code < zero || code > nine || (digits > 0 && octet === 0)) return undefined;
      octet = octet * 10 + code - zero;
      digits++;
      if (octet > 255) return undefined;
    }
  }
  return dots === 3 && digits > 0 ? (word << 8) | octet : undefined;
};

const groupForm = /^[0-9a-fA-F]{1,4}$/;

const parseIpv6 = (text: string): Address | undefined => {
  const [head = "", tail, ...more] = text.split("::");
  const before = groupsOf(head, tail === undefined);
  const after = tail === undefined ? [] : groupsOf(tail, true);
  if (before === undefined || after === undefined || more.length > 0) return undefined;
  const omitted = 8 - before.length - after.length;
  // `::` stands for one group at least.
  if (tail === undefined ? omitted !== 0 : omitted < 1) return undefined;
  const groups = [...before, ...new Array<number>(omitted).fill(0), ...after];
  const word = (at: number): number => ((groups[at] ?? 0) << 16) | (groups[at + 1] ?? 0);
  return { a: word(0), b: word(2), c: word(4), d: word(6) };
};

/** At its end an address may have 32 bits in the form of IPv4. */
const groupsOf = (text: string, isEnd: boolean): readonly number[] | undefined => {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [at, part] of parts.entries()) {
    if (groupForm.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const quad = isEnd && at === parts.length - 1 ? parseIpv4(part) : undefined;
      if (quad === undefined) return undefined;
      groups.push(quad >>> 16, quad & 0xffff);
    }
  }
  return groups;
};

/** For each entry the four words of its network, then those of its mask. An array, because a typed one is three objects. */
export type Allowlist = readonly number[];

const ruleWords = 8;

/** No address masked by 0 is 1. What is no entry stays as this rule: without it, the list might become an empty one. */
const nobody = [1, 0, 0, 0, 0, 0, 0, 0];

export const compileAllowlist = (entries: readonly string[]): Allowlist => entries.flatMap(ruleOf);

const ruleOf = (entry: string): readonly number[] => {
  const [ip = "", prefix] = entry.split("/");
  const address = isIpOrCidr(entry) ? parseAddress(ip) : undefined;
  if (address === undefined) return nobody;
  const bits = prefix === undefined ? 128 : Number(prefix) + (ip.includes(":") ? 0 : 96);
  const [a, b, c, d] = [maskOf(bits), maskOf(bits - 32), maskOf(bits - 64), maskOf(bits - 96)];
  return [address.a & a, address.b & b, address.c & c, address.d & d, a, b, c, d];
};

/** A shift by 32 would be one by 0. */
const maskOf = (bits: number): number => (bits <= 0 ? 0 : -1 << Math.max(32 - bits, 0));

/**
 * Whether an allowlist lets an address through. An empty one lets all through; no address, none of the others. As
 * IPv4 lies at `::ffff:0:0/96`, `0.0.0.0/0` lets all of IPv4 through and nothing else; `::/0` contains it and lets all
 * through.
 */
export const allows = (allowlist: Allowlist, address: Address | undefined): boolean => {
  if (allowlist.length === 0) return true;
  if (address === undefined) return false;
  const { a, b, c, d } = address;
  for (let at = 0; at < allowlist.length; at += ruleWords) {
    // The last word first: it is the one in which addresses of IPv4 differ.
    if (
      (d & (allowlist[at + 7] ?? 0)) === allowlist[at + 3] &&
      (a & (allowlist[at + 4] ?? 0)) === allowlist[at] &&
      (b & (allowlist[at + 5] ?? 0)) === allowlist[at + 1] &&
      (c & (allowlist[at + 6] ?? 0)) === allowlist[at + 2]
    )
      return true;
  }
  return false;
};
