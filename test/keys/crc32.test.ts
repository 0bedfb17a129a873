import { crc32 as zlibs } from "node:zlib";
import fc from "fast-check";
import { expect, it } from "vitest";
import { crc32 } from "../../lib/keys/crc32.ts";

it("a text's sum is that of node:zlib, whatever its letters are, and that of its beginning, too", () => {
  expect(crc32("123456789")).toBe(0xcbf43926); // the check value of CRC-32/ISO-HDLC
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat({ max: 40 }), (text, end) => {
      expect(crc32(text)).toBe(zlibs(text));
      expect(crc32(text, Math.min(end, text.length))).toBe(zlibs(text.slice(0, end)));
    }),
  );
});
