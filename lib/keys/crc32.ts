/** Of the reflected polynomial 0x04C11DB7, as in zip and in GitHub's tokens: what a byte adds. */
const added = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (0xedb88320 * (sum & 1));
  return sum;
});

const plus = (sum: number, byte: number): number => (sum >>> 8) ^ (added[(sum ^ byte) & 0xff] ?? 0);

/**
 * CRC-32 of a text in UTF-8, or of its beginning. `node:zlib` has it, too, and brings all kinds of compression and streams
 * along, some milliseconds of the start of a function that verifies keys; keys, whose letters are bytes as they are, are
 * checked here as fast.
 */
export const crc32 = (text: string, end = text.length): number => {
  let sum = -1;
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return ~Buffer.from(text.slice(0, end)).reduce(plus, -1) >>> 0;
    sum = plus(sum, code);
  }
  return ~sum >>> 0;
};
