import { type KeyObject, timingSafeEqual } from "node:crypto";
import { isHost, withoutPort } from "./host.ts";
import { type V1Parameters, v1Digest, v1Method, v1Pairs, v1Text } from "./v1.ts";

const digestLength = { HmacSHA1: 20, HmacSHA256: 32 } as const;

/**
 * Whether the parameters are the signed ones, under any host that SDKs sign for this Host header.
 *
 * The string to sign joins decoded values, so a value with `&name=` in it reads like a further parameter. That is the
 * protocol's, and TC3 is its cure; what can be closed here is that no name contains `&` or `=`.
 */
export const verifyV1 = (
  method: string,
  hostHeader: string,
  path: string,
  params: V1Parameters,
  key: KeyObject,
): boolean => {
  const algorithm = v1Method(params);
  const given = params.get("Signature") ?? "";
  const wanted = Buffer.from(given, "base64");
  if (wanted.length !== digestLength[algorithm] || key.symmetricKeySize === 0) return false;
  // One spelling of a signature only: the decoder skips what it does not know and ignores spare bits.
  if (wanted.toString("base64") !== given) return false;
  for (const name of params.keys()) if (/[&=]/.test(name)) return false;
  if (!isHost(hostHeader)) return false;
  const hosts = hostsOf(hostHeader);
  const paths = path === "/" ? ["/"] : ["/", path];
  for (const spelling of [params, ...renamed(params)]) {
    const pairs = v1Pairs(spelling);
    for (const signedPath of paths) {
      for (const host of hosts) {
        const digest = v1Digest(algorithm, key, v1Text(method, host, signedPath, pairs));
        if (timingSafeEqual(digest, wanted)) return true;
      }
    }
  }
  return false;
};

/** As received; without a port; with the default port that Node's SDK signs and does not send. */
const hostsOf = (host: string): readonly string[] => {
  const bare = withoutPort(host);
  return bare === host ? [host, `${host}:80`, `${host}:443`] : [host, bare];
};

/**
 * Python's SDK writes `.` for `_` in names when it signs. Where two names fall together by that, one would be written
 * over, and so be a parameter that nobody signed: then there is no such reading.
 */
const renamed = (params: V1Parameters): readonly V1Parameters[] => {
  if (![...params.keys()].some((name) => name.includes("_"))) return [];
  const dotted = new Map([...params].map(([name, value]) => [name.replaceAll("_", "."), value]));
  return dotted.size === params.size ? [dotted] : [];
};
