import * as z from "zod";
import { Refusal } from "../../errors.ts";
import type { Material } from "../../keys/material.ts";
import { type RandomBytes, randomHex, randomLetters } from "../../keys/random.ts";
import { Secret } from "../../keys/secret.ts";
import type { KeyId } from "../../schemas/key.ts";
import type { Profile } from "../profile.ts";
import { tokenhubFields } from "./fields.ts";
import { tokenhubNative } from "./native.ts";
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

export const apiVersion = "2026-03-22";

/** As AIone has it. */
const graceDefault = 86_400;

const newToken = (random: RandomBytes): Material => ({
  kind: "token",
  value: new Secret(`sk-${randomLetters(random, secretLetters)}`),
});

export const tokenhubProfile: Profile = {
  service: "tokenhub",
  apiVersion,
  keyIds: ["ApiKeyId"],
  // `ak-20260701-` + 32 hex digits, the form of real keys; the date is the day of creation.
  issue: (random, now, chosen) => {
    if (chosen !== undefined)
      throw new Refusal("unsupported", "TokenHub makes the values of its keys itself.");
    return {
      id: `ak-${chinaTime(now).slice(0, 10).replaceAll("-", "")}-${randomHex(random, 32)}` as KeyId,
      material: newToken(random),
    };
  },
  // No action of the service changes a value: this is the facade's, which takes no value that somebody brings.
  renew: newToken,
  overlap: true,
  graceSeconds: () => graceDefault,
  presented: apiKeyOf,
  probed: true,
  mask: (material) => ({ kind: "token", value: new Secret(maskApiKey(apiKeyOf(material).expose())) }),
  variantOf: ({ scope }) => fromScope(scope),
  withoutScope: (native) => ({ ...tokenhubNative.parse(native), bindings: [] }),
  native: tokenhubNative,
  fields: tokenhubFields,
  regional: true,
  rules: {
    change: (before, after) => {
      if (after.name === before.name) return;
      throw new Refusal(
        "field_value_invalid",
        "The name (`ApiKeyName`) cannot be changed after creation; send the key's name or leave it out.",
      );
    },
  },
  keysMax: 50,
  settings: z.strictObject({}),
  embeddedOnly: [],
};
