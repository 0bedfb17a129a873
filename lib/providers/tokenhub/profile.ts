import type { Material } from "../../keys/material.ts";
import { randomHex, randomLetters } from "../../keys/random.ts";
import { Secret } from "../../keys/secret.ts";
import type { KeyId, Preview } from "../../schemas/key.ts";
import type { Profile } from "../profile.ts";

const secretLetters = 48;
const chinaOffsetMs = 8 * 3_600_000;

/** Wall-clock time in China, in which TokenHub dates its ids and keys: `2026-07-01 09:30:00`. */
export const chinaTime = (at: Date): string =>
  new Date(at.getTime() + chinaOffsetMs).toISOString().slice(0, 19).replace("T", " ");

const token = (material: Material): string => {
  if (material.kind !== "token") throw new Error("a TokenHub key is a token");
  return material.value.expose();
};

/** `sk-2b***3sQc` */
export const maskApiKey = (apiKey: string): string => `${apiKey.slice(0, 5)}***${apiKey.slice(-4)}`;

export const tokenhubProfile: Profile = {
  service: "tokenhub",
  // `ak-20260701-` + 32 hex digits, the form of real keys; the date is the day of creation.
  newId: (random, now) =>
    `ak-${chinaTime(now).slice(0, 10).replaceAll("-", "")}-${randomHex(random, 32)}` as KeyId,
  newMaterial: (random) => ({
    kind: "token",
    value: new Secret(`sk-${randomLetters(random, secretLetters)}`),
  }),
  encode: token,
  decode: (text) => ({ kind: "token", value: new Secret(text) }),
  mask: (material) => maskApiKey(token(material)) as Preview,
  keysMax: 50,
};
