import { parseAddress } from "../keys/allowlist.ts";

/** Who counts as one caller: an IPv4 address, and of IPv6 the network of 64 bits, of which anybody has a whole one. */
export const addressGroup = (ip: string): string => {
  const address = parseAddress(ip);
  if (address === undefined) return ip;
  const { a, b, c, d } = address;
  const isIpv4 = a === 0 && b === 0 && c === 0xffff;
  return isIpv4 ? `4 ${d}` : `6 ${a} ${b}`;
};
