import { isIP } from "node:net";

const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4OrCidr = new RegExp(`^${octet}(?:\\.${octet}){3}(?:/(?:3[0-2]|[12]?\\d))?$`);

/** An IPv4 address or CIDR range in decimal, no leading zeros: `10.0.0.0/24`. An octet like `010` is octal to some. */
export const isIpv4OrCidr = (text: string): boolean => ipv4OrCidr.test(text);

const prefixForm = /^(?:0|[1-9]\d{0,2})$/;

/** An address or CIDR range of either family, `2001:db8::/32`; no zones. */
export const isIpOrCidr = (text: string): boolean => {
  const [address = "", prefix, ...more] = text.split("/");
  const family = isIP(address);
  if (family === 0 || address.includes("%") || more.length > 0) return false;
  return prefix === undefined || (prefixForm.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
};

/** 128 bits in four signed words, which the engine keeps unboxed. IPv4 is in its mapped form, `::ffff:0:0/96`. */
export interface Address {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

const [dot, colon] = [46, 58];

/** Undefined for what is no address; one with a zone is none, either, because no entry can name it. */
export const parseAddress = (ip: string): Address | undefined => {
  const family = isIP(ip);
  if (family === 4) return { a: 0, b: 0, c: 0xffff, d: dotted(ip, 0) };
  return family === 6 && !ip.includes("%") ? grouped(ip) : undefined;
};

/** The four octets from a place to the end. */
const dotted = (text: string, from: number): number => {
  let word = 0;
  let octet = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === dot) {
      word = (word << 8) | octet;
      octet = 0;
    } else octet = octet * 10 + code - 48;
  }
  return (word << 8) | octet;
};

/** The groups of an IPv6 address, which isIP has found valid. */
const grouped = (text: string): Address => {
  const address = { a: 0, b: 0, c: 0, d: 0 };
  const quad = text.includes(".") ? text.lastIndexOf(":") + 1 : text.length;
  let group = 0;
  for (let at = 0; at < quad; at++) {
    const code = text.charCodeAt(at);
    if (code !== colon) group = (group << 4) | hexDigit(code);
    else if (at > 0) {
      if (text.charCodeAt(at - 1) !== colon) push(address, group);
      else for (let zeros = omitted(text); zeros > 0; zeros--) push(address, 0);
      group = 0;
    }
  }
  if (quad < text.length) {
    const word = dotted(text, quad);
    push(address, word >>> 16);
    push(address, word & 0xffff);
  } else if (text.charCodeAt(quad - 1) !== colon) push(address, group);
  return address;
};

/** A letter's low bits count from 1, in either case. */
const hexDigit = (code: number): number => (code & 0xf) + (code > 57 ? 9 : 0);

/** How many groups `::` stands for. */
const omitted = (text: string): number => {
  let written = text.includes(".") ? 1 : 0;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) !== colon && (at === 0 || text.charCodeAt(at - 1) === colon)) written++;
  }
  return 8 - written;
};

const push = (to: { a: number; b: number; c: number; d: number }, group: number): void => {
  to.a = (to.a << 16) | (to.b >>> 16);
  to.b = (to.b << 16) | (to.c >>> 16);
  to.c = (to.c << 16) | (to.d >>> 16);
  to.d = (to.d << 16) | group;
};

/** For each entry the four words of its network, then those of its mask. */
export type Allowlist = Readonly<Int32Array>;

const ruleWords = 8;

/** No address masked by 0 is 1. What is no entry stays as this rule: without it, the list might become an empty one. */
const nobody = [1, 0, 0, 0, 0, 0, 0, 0];

export const compileAllowlist = (entries: readonly string[]): Allowlist => {
  const rules = new Int32Array(entries.length * ruleWords);
  entries.forEach((entry, place) => {
    rules.set(ruleOf(entry), place * ruleWords);
  });
  return rules;
};

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
