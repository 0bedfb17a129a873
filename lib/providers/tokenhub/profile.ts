import type { Material } from "../../keys/material.ts";
import { randomHex, randomLetters } from "../../keys/random.ts";
import { Secret } from "../../keys/secret.ts";
import type { KeyId, Preview } from "../../schemas/key.ts";
import type { Profile } from "../profile.ts";
import { fromScope } from "./scope.ts";
import { chinaTime } from "./time.ts";

const secretLetters = 48;

/** The value that a caller sends as its bearer token. */
export const apiKeyOf = (material: Material): Secret => {
  if (material.kind !== "token") throw new Error("a TokenHub key is a token");
  return material.value;
};

/** `sk-2b***3sQc` */
export const maskApiKey = (apiKey: string): string => `${apiKey.slice(0, 5)}***${apiKey.slice(-4)}`;

export const tokenhubProfile: Profile = {
  service: "tokenhub",
  // `ak-20260701-` + 32 hex digits, the form of real keys; the date is the day of creation.
  issue: (random, now) => ({
    id: `ak-${chinaTime(now).slice(0, 10).replaceAll("-", "")}-${randomHex(random, 32)}` as KeyId,
    material: { kind: "token", value: new Secret(`sk-${randomLetters(random, secretLetters)}`) },
  }),
  presented: apiKeyOf,
  mask: (material) => maskApiKey(apiKeyOf(material).expose()) as Preview,
  variantOf: ({ scope }) => fromScope(scope),
  keysMax: 50,
};
