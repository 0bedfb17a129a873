import { isIP } from "node:net";
import { isPublic, type Networks } from "./address.ts";

/** On the public internet. Other ports are those of other services, and a way to try which of them are open. */
const publicPorts: readonly number[] = [443, 8443];

/** Where an endpoint's events go, as it stands in its address. */
export interface Target {
  readonly url: URL;
  readonly secure: boolean;
  readonly port: number;
  /** Without the brackets of IPv6. */
  readonly host: string;
}

/** How the parser of URLs names it: `0x7f.1`, `2130706433` and `①②⑦.⓪.⓪.①` are all `127.0.0.1` by now. */
const hostOf = ({ hostname }: URL): string =>
  hostname.startsWith("[") ? hostname.slice(1, -1) : hostname.replace(/\.$/, "");

export const parseTarget = (text: string): Target | undefined => {
  const url = URL.parse(text);
  if (url === null || !["https:", "http:"].includes(url.protocol)) return undefined;
  const secure = url.protocol === "https:";
  return { url, secure, port: Number(url.port || (secure ? 443 : 80)), host: hostOf(url) };
};

const isOpenTo = (ip: string, { secure, port }: Target, networks: Networks): boolean =>
  networks(ip) || (isPublic(ip) && secure && publicPorts.includes(port));

/**
 * Every address that a name has must be one: with one of each kind, which of them is taken would be the chance of a
 * moment. A name without addresses leads nowhere.
 */
export const areOpen = (ips: readonly string[], target: Target, networks: Networks): boolean =>
  ips.length > 0 && ips.every((ip) => isOpenTo(ip, target, networks));

const notPublic =
  "must not lead to an address that is not public, unless it is in the `webhooks.networks` of `keyway.json`.";

/**
 * What is wrong with an address before anybody resolves it, in the words of a field's refusal. Which addresses a name
 * has is asked at each connection anew: an answer of today would say nothing of tomorrow.
 */
export const targetFault = (text: string, networks: Networks, hasNetworks: boolean): string | undefined => {
  const target = parseTarget(text);
  if (target === undefined) return "must be a URL that begins with `https://`.";
  const { url, host, secure } = target;
  if (url.username !== "" || url.password !== "") return "must not hold a user or a password.";
  if (text.includes("#")) return "must not hold a fragment.";
  if (isIP(host) !== 0) {
    if (areOpen([host], target, networks)) return undefined;
    if (!isPublic(host)) return notPublic;
  } else if (hasNetworks) return undefined;
  if (!secure) return "must be a URL that begins with `https://`.";
  if (!publicPorts.includes(target.port)) return `must have one of the ports ${publicPorts.join(", ")}.`;
  if (isLocalName(host)) return notPublic;
  return undefined;
};

/** Names that are never public (RFC 6761, RFC 6762, RFC 8375): they are told at once, and checked when resolved, too. */
const isLocalName = (host: string): boolean =>
  !host.includes(".") || /\.(?:localhost|local|internal|home\.arpa)$/.test(host);
