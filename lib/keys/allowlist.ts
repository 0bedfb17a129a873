import { BlockList, isIP } from "node:net";

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

/** IPv4 inside IPv6, which is how a socket of both families names an IPv4 caller. */
const mapped = /^::ffff:(?=[\d.]+$)/i;

/** Whether an allowlist lets an address through. An empty one lets all through; no address, none of the others. */
export const allows = (allowlist: readonly string[], ip: string): boolean => {
  if (allowlist.length === 0) return true;
  const address = ip.replace(mapped, "");
  const family = isIP(address);
  if (family === 0) return false;
  const list = new BlockList();
  for (const entry of allowlist) {
    const [net = "", prefix] = entry.split("/");
    const type = isIP(net) === 6 ? "ipv6" : "ipv4";
    if (prefix === undefined) list.addAddress(net, type);
    else list.addSubnet(net, Number(prefix), type);
  }
  return list.check(address, family === 6 ? "ipv6" : "ipv4");
};
