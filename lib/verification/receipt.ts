import { timingSafeEqual } from "node:crypto";
import type { Sign, Vault } from "../sealing/vault.ts";

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
  /** The budgets of tokens that were taken from: `day@2026-07-01`. */
  readonly charged: readonly string[];
}

/** Two accounts' receipts are told apart by what is signed, too. */
export const receiptSigner = (vault: Vault, account: string): Sign => vault.signer(`receipt ${account} `);

/** In no field, and in a path as it is. */
const between = ":";
/** Begins a field that is not as it is. */
const encodedMark = "~";

const asItIs = /^[\w.-]*$/;
const write = (text: string): string =>
  asItIs.test(text) ? text : encodedMark + Buffer.from(text).toString("base64url");
const read = (field: string): string =>
  field.startsWith(encodedMark) ? Buffer.from(field.slice(1), "base64url").toString("utf8") : field;

/** Names as they stand in receipts, written once for many: of a provider and a key, of a model and an endpoint. */
export const receiptNames = (one: string, other: string): string => [write(one), write(other)].join(between);

/** What is written: the names of the key and of what it called as `receiptNames` has them. */
export interface Written extends Pick<Receipt, "at" | "tokens" | "charged"> {
  readonly id: string;
  readonly key: string;
  readonly called: string;
}

export const writeReceipt = (sign: Sign, { id, at, tokens, key, called, charged }: Written): string => {
  const taken = charged.length === 0 ? "" : write(charged.join(","));
  const text = `${id}:${at}:${tokens}:${key}:${called}:${taken}`;
  return text + between + sign(text);
};

/** Undefined for anything that was not written by the same signer. */
export const readReceipt = (sign: Sign, text: string): Receipt | undefined => {
  const end = Math.max(0, text.lastIndexOf(between));
  const tag = Buffer.from(sign(text.slice(0, end)));
  const shown = Buffer.from(text.slice(end + 1));
  if (shown.length !== tag.length || !timingSafeEqual(shown, tag)) return undefined;
  const [, at, tokens, provider = "", key = "", model = "", endpoint = "", charged = ""] =
    text.split(between);
  return {
    at: Number(at),
    tokens: Number(tokens),
    provider: read(provider),
    key: read(key),
    model: read(model),
    endpoint: read(endpoint),
    charged: charged === "" ? [] : read(charged).split(","),
  };
};
