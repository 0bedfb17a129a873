import type { VerifyRequest } from "../../schemas/verify.ts";
import { parseGatewayAuthorization } from "../../signing/gateway-hmac.ts";

type Headers = Readonly<Record<string, string | undefined>>;

/** A key as one header shows it. `text` tells keys apart: two headers may bring one and the same. */
interface Brought {
  readonly text: string;
  readonly call: Pick<VerifyRequest, "key" | "signed">;
}

export type PresentedInHeaders =
  | { readonly call: Brought["call"] }
  | { readonly fault: "KEY_MISSING" | "KEY_MALFORMED" | "KEY_AMBIGUOUS" };

const tokenForm = /^[\x21-\x7e]{1,4096}$/;
const signedValueLengthMax = 4096;

/** Of another scheme: its name, and what stands behind it (RFC 9110, section 11.4). A bare word may be a key. */
const otherScheme = /^[a-z][a-z0-9-]* +[^\s,]/i;
/** The first line of two, whatever the quotes of either are. */
const secondKey = /,\s*["']*(?:bearer|hmac)/i;
/** What stands behind a comma belongs to the scheme if it is a parameter of it: otherwise it is a line of its own. */
const secondLine = /,(?!\s*[a-z][a-z0-9_*-]*\s*=\s*[^\s=,])/i;
const quoted = /"(?:[^"\\]|\\.)*"/g;

/**
 * The key that a proxy's client shows: in `Authorization` as `Bearer` or `hmac`, in `x-api-key`, or in the configured
 * header. Two that differ are refused, and none wins: with one of them good, the application behind might go by the
 * other. For the same reason none that cannot be read is passed over; a header that came twice is such a one, as its
 * values arrive joined. Other schemes of `Authorization` are not about keys, and are left to the application, as long as
 * they are schemes.
 */
export const presentedInHeaders = (headers: Headers, keyHeader: string | null): PresentedInHeaders => {
  const brought = [
    ofAuthorization(headers),
    ofHeader(headers["x-api-key"]),
    keyHeader === null ? undefined : ofHeader(headers[keyHeader]),
  ].filter((one) => one !== undefined);
  const read = brought.filter((one) => one !== "malformed");
  const [first] = read;
  if (read.length < brought.length) return { fault: "KEY_MALFORMED" };
  if (first === undefined) return { fault: "KEY_MISSING" };
  return read.every(({ text }) => text === first.text) ? { call: first.call } : { fault: "KEY_AMBIGUOUS" };
};

const ofHeader = (value: string | undefined): Brought | "malformed" | undefined => {
  if (value === undefined || value === "") return undefined;
  return tokenForm.test(value) ? { text: value, call: { key: value } } : "malformed";
};

const ofAuthorization = (headers: Headers): Brought | "malformed" | undefined => {
  const authorization = headers.authorization ?? "";
  const [, scheme = "", rest = ""] = /^\s*(\S*)\s*(.*)$/s.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case "bearer":
      return rest === "" ? "malformed" : ofHeader(rest);
    case "hmac":
      return ofSignature(authorization, headers);
    case "":
      return undefined;
    default:
      return isOfAnotherScheme(authorization.trim()) ? undefined : "malformed";
  }
};

/** With a good key elsewhere, the application might take for one what is none here: `Basic x, Bearer B`, `Bearer: B`, `B`. */
const isOfAnotherScheme = (authorization: string): boolean =>
  otherScheme.test(authorization) &&
  !secondKey.test(authorization) &&
  !secondLine.test(authorization.replace(quoted, "q"));

/** Only the headers that the signature names go on: the others prove nothing, and some are secret. */
const ofSignature = (authorization: string, headers: Headers): Brought | "malformed" => {
  const claim = parseGatewayAuthorization(authorization);
  if (claim === undefined) return "malformed";
  const signed: [string, string][] = [];
  for (const name of claim.headers) {
    const value = headers[name];
    if (value === undefined || value.length > signedValueLengthMax) return "malformed";
    signed.push([name, value]);
  }
  return {
    text: authorization,
    call: { signed: { authorization, headers: Object.fromEntries(signed) } },
  };
};
