import type { HttpRequest } from "../../http.ts";
import { parseAddress } from "../../keys/allowlist.ts";

/**
 * Where the call of a proxy's client comes from. Each proxy adds on the right the address that it saw, so the entry of
 * the outermost one that is ours stands as far from the right end as there are proxies. What is further left, the client
 * wrote itself. Several lines of the header are one list in their order (RFC 9110, section 5.3), and joined already.
 *
 * Undefined, never another entry, where the list is too short or the entry is no address: a key with an allowlist is
 * refused then. Without proxies it is whom the door saw.
 */
export const clientAddress = ({ headers, ip }: HttpRequest, trustedHops: number): string | undefined => {
  const seen = trustedHops === 0 ? ip : headers["x-forwarded-for"]?.split(",").at(-trustedHops)?.trim();
  return seen === undefined || parseAddress(seen) === undefined ? undefined : seen;
};
