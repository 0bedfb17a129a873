import { crc32 } from "./crc32.ts";

/** Where randomness comes from: `node:crypto`'s randomBytes in the house, a counter in a test. */
export type RandomBytes = (size: number) => Uint8Array;

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const digits = "0123456789";

/** Letters drawn evenly: a byte beyond the last whole multiple of the alphabet is drawn again, not folded. */
const draw = (random: RandomBytes, alphabet: string, length: number): string => {
  const limit = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < length) {
    for (const byte of random(length - text.length + 8)) {
      if (byte < limit && text.length < length) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
};

export const randomLetters = (random: RandomBytes, length: number): string => draw(random, base62, length);
export const randomDigits = (random: RandomBytes, length: number): string => draw(random, digits, length);
export const randomHex = (random: RandomBytes, length: number): string =>
  Buffer.from(random(length / 2)).toString("hex");

/** A UUID of version 4. */
export const randomUuid = (random: RandomBytes): string => {
  const bytes = Buffer.from(random(16));
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};

const checksumLength = 6;

/**
 * CRC-32 of the body in base62, the checksum of GitHub's tokens: scanners recognise a token by it, and a mistyped one
 * is refused before any read. It authenticates nothing.
 */
export const checksum = (body: string): string => {
  let rest = crc32(body);
  let text = "";
  for (let place = 0; place < checksumLength; place++) {
    text = base62.charAt(rest % 62) + text;
    rest = Math.floor(rest / 62);
  }
  return text;
};

export const withChecksum = (body: string): string => body + checksum(body);

/** As every key that is verified comes by here, without a text of its own for what is compared. */
export const hasChecksum = (text: string): boolean => {
  const end = text.length - checksumLength;
  if (end <= 0) return false;
  let rest = crc32(text, end);
  for (let at = text.length - 1; at >= end; at--) {
    if (text.charCodeAt(at) !== base62.charCodeAt(rest % 62)) return false;
    rest = Math.floor(rest / 62);
  }
  return true;
};
