import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  checksum,
  hasChecksum,
  randomDigits,
  randomHex,
  randomLetters,
  withChecksum,
} from "../../lib/keys/random.ts";

// GitHub's published token checksums (CRC-32, base62); the sample bodies are dead tokens from the sources named in
// the specification of the format.
const vectors = [
  ["A".repeat(30), "0uCPlr"],
  ["zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"],
  ["adE7dp8rHP6gUTuPwxLTZjZdtya3sV", "0UQzQM"],
] as const;

describe("checksum", () => {
  it.each(vectors)("of %s is the published one", (body, expected) => {
    expect(checksum(body)).toBe(expected);
    expect(hasChecksum(body + expected)).toBe(true);
  });

  it("refuses a token in which one letter was mistyped", () => {
    const token = withChecksum(randomLetters(randomBytes, 32));
    const typo = (token.startsWith("a") ? "b" : "a") + token.slice(1);
    expect(hasChecksum(typo)).toBe(false);
  });

  it("refuses a text that is no longer than a checksum", () => {
    expect(hasChecksum("000000")).toBe(false);
  });
});

describe("random text", () => {
  it("has the asked length and alphabet", () => {
    expect(randomLetters(randomBytes, 48)).toMatch(/^[0-9A-Za-z]{48}$/);
    expect(randomDigits(randomBytes, 8)).toMatch(/^\d{8}$/);
    expect(randomHex(randomBytes, 32)).toMatch(/^[0-9a-f]{32}$/);
  });

  it("draws bytes again that would favour the first letters", () => {
    // 248 and above are not a whole multiple of 62 letters: folded, they would make `0`…`7` likelier.
    const bytes = [255, 254, 248, 61, 0];
    const random = (size: number): Uint8Array => Uint8Array.from({ length: size }, () => bytes.shift() ?? 1);
    expect(randomLetters(random, 3)).toBe("z01");
  });
});
