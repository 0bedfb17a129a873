import { createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binding, open, SealBroken, seal } from "../../lib/sealing/envelope.ts";

const key = createSecretKey(randomBytes(32));
const place = binding("1", "acc", "tokenhub", "ak-1", 1);

describe("a sealed text", () => {
  it("opens to what was sealed, whatever it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(open(key, place, seal(key, place, text)).toString("utf8")).toBe(
          Buffer.from(text).toString("utf8"),
        );
      }),
    );
  });

  it("is AES-256-GCM as OpenSSL knows it: nonce, ciphertext, tag", () => {
    const raw = randomBytes(32);
    const bytes = Buffer.from(seal(createSecretKey(raw), place, "text"), "base64url");
    const decipher = createDecipheriv("aes-256-gcm", raw, bytes.subarray(0, 12)).setAAD(place);
    decipher.setAuthTag(bytes.subarray(-16));
    expect(decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8")).toBe("text");
  });

  it("never looks the same twice", () => {
    const sealed = Array.from({ length: 1000 }, () => seal(key, place, "text"));
    expect(new Set(sealed.map((one) => one.slice(0, 16))).size).toBe(1000);
  });

  it.each([
    ["another account", binding("1", "other", "tokenhub", "ak-1", 1)],
    ["another service", binding("1", "acc", "csip", "ak-1", 1)],
    ["another key", binding("1", "acc", "tokenhub", "ak-2", 1)],
    ["another generation", binding("1", "acc", "tokenhub", "ak-1", 2)],
    ["parts joined differently", binding("1", "acc", "tokenhubak", "-1", 1)],
  ])("does not open at %s", (_, other) => {
    expect(() => open(key, other, seal(key, place, "text"))).toThrow(SealBroken);
  });

  it("does not open with any byte changed, or cut", () => {
    const bytes = Buffer.from(seal(key, place, "text"), "base64url");
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => open(key, place, changed.toString("base64url"))).toThrow(SealBroken);
      expect(() => open(key, place, bytes.subarray(0, index).toString("base64url"))).toThrow(SealBroken);
    }
  });

  it("does not open with another key", () => {
    expect(() => open(createSecretKey(randomBytes(32)), place, seal(key, place, "text"))).toThrow(SealBroken);
  });
});
