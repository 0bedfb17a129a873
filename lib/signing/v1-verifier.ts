import { type KeyObject, timingSafeEqual } from "node:crypto";
import { type V1Parameters, v1Digest, v1Method, v1StringToSign } from "./v1.ts";

/**
 * `name=value` pairs of a query or form; `+` and `%20` are both spaces, blank values stay. Undefined for anything
 * else, a repeated name included: which of two values was signed would be a guess.
 */
export const parseForm = (raw: string): Map<string, string> | undefined => {
  const pairs = new Map<string, string>();
  if (raw === "") return pairs;
  for (const part of raw.split("&")) {
    const mark = part.indexOf("=");
    if (mark <= 0) return undefined;
    const name = decode(part.slice(0, mark));
    const value = decode(part.slice(mark + 1));
    if (name === undefined || value === undefined || pairs.has(name)) return undefined;
    pairs.set(name, value);
  }
  return pairs;
};

const decode = (text: string): string | undefined => {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
};

/** Whether the parameters are the signed ones, under any host that SDKs sign for this Host header. */
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
  const length = algorithm === "HmacSHA256" ? 32 : 20;
  // Only one spelling of a signature: lax base64 would accept changed ones.
  if (wanted.length !== length || wanted.toString("base64") !== given) return false;
  const spellings = [params, ...renamed(params)];
  return hostsOf(hostHeader).some((host) =>
    (path === "/" ? ["/"] : ["/", path]).some((signedPath) =>
      spellings.some((spelling) =>
        timingSafeEqual(v1Digest(algorithm, key, v1StringToSign(method, host, signedPath, spelling)), wanted),
      ),
    ),
  );
};

/** As received, without a port, and with the default port that Node signs and does not send. */
const hostsOf = (host: string): readonly string[] => {
  const bare = host.replace(/:\d{1,5}$/, "");
  return bare === host ? [host, `${host}:80`, `${host}:443`] : [host, bare];
};

/** Python's SDK writes `.` for `_` in names when it signs. */
const renamed = (params: V1Parameters): readonly V1Parameters[] => {
  if (![...params.keys()].some((name) => name.includes("_"))) return [];
  return [new Map([...params].map(([name, value]) => [name.replaceAll("_", "."), value]))];
};
