import * as z from "zod";

/**
 * The id of a verification, and what its settlement has to know of it. It is signed and not stored, so that verifying
 * costs no write; settling is what is written, once.
 */
export interface Receipt {
  /** When the key was verified, in milliseconds. */
  readonly at: number;
  readonly provider: string;
  readonly key: string;
  /** Tokens that were reserved. */
  readonly tokens: number;
  readonly model: string;
  readonly endpoint: string;
}

/** A keyed digest; two accounts' receipts are told apart by it, too. */
type Sign = (text: string) => string;

const fields = z.tuple([z.int(), z.string(), z.string(), z.int().min(0), z.string(), z.string()]);

/** 132 bits. */
const tagLength = 22;

const tagOf = (sign: Sign, account: string, id: string, body: string): string =>
  sign(`receipt ${account} ${id}.${body}`).slice(-tagLength);

export const writeReceipt = (sign: Sign, account: string, id: string, receipt: Receipt): string => {
  const { at, provider, key, tokens, model, endpoint } = receipt;
  const body = Buffer.from(JSON.stringify([at, provider, key, tokens, model, endpoint])).toString(
    "base64url",
  );
  return `${id}.${body}.${tagOf(sign, account, id, body)}`;
};

/** Undefined for anything that was not written for this account. */
export const readReceipt = (sign: Sign, account: string, text: string): Receipt | undefined => {
  const [id, body, tag, ...more] = text.split(".");
  if (id === undefined || body === undefined || tag === undefined || more.length > 0) return undefined;
  // Of keyed digests of the same length, comparing tells nothing that a guess at 132 bits could use.
  if (tagOf(sign, account, id, body) !== tag) return undefined;
  const [at, provider, key, tokens, model, endpoint] = fields.parse(
    JSON.parse(Buffer.from(body, "base64url").toString("utf8")),
  );
  return { at, provider, key, tokens, model, endpoint };
};
