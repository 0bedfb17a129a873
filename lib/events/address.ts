import { type Allowlist, allows, compileAllowlist, parseAddress } from "../keys/allowlist.ts";

/**
 * Whom events may be sent to. Their addresses come from tenants, and the process that sends stands inside a network:
 * without this, an endpoint would be a way to whatever listens there, metadata services first.
 */

/** What no address of the public internet is in (IANA's registries of special addresses). IPv4 in IPv6 is judged as IPv4. */
const closed: Allowlist = compileAllowlist([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  // The old form of IPv4 in IPv6, `::` and `::1` within it.
  "::/96",
  // IPv4 that a translator beside us, or a relay, would unpack.
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "::ffff:0:0:0/96",
  "100::/64",
  "100:0:0:1::/64",
  "2001::/23",
  "2001:db8::/32",
  "2002::/16",
  "3fff::/20",
  "5f00::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
]);

export const isPublic = (ip: string): boolean => {
  const address = parseAddress(ip);
  return address !== undefined && !allows(closed, address);
};

/** Beside the public ones, those of the configuration: there, plain HTTP and every port are taken, too. */
export type Networks = (ip: string) => boolean;

/** An empty allowlist would allow all; here, none. */
export const networksOf = (ranges: readonly string[]): Networks => {
  if (ranges.length === 0) return () => false;
  const opened = compileAllowlist(ranges);
  return (ip) => allows(opened, parseAddress(ip));
};
