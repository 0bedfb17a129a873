import * as z from "zod";
import { Refusal } from "../../../lib/errors.ts";
import type { Material } from "../../../lib/keys/material.ts";
import { type RandomBytes, randomDigits, randomLetters } from "../../../lib/keys/random.ts";
import { Secret } from "../../../lib/keys/secret.ts";
import type { Profile } from "../../../lib/providers/profile.ts";
import type { Key, KeyId } from "../../../lib/schemas/key.ts";
import { toyNative } from "./native.ts";

const secretLetters = 30;

export const secretOf = (material: Material): Secret => {
  if (material.kind !== "token") throw new Error("a toy token is a token");
  return material.value;
};

const newToken = (random: RandomBytes, chosen: Material | undefined): Material => {
  if (chosen !== undefined) throw new Refusal("unsupported", "The toy service makes its tokens itself.");
  return { kind: "token", value: new Secret(`toy_${randomLetters(random, secretLetters)}`) };
};

/** `toy_...yZ` */
const maskToken = (secret: string): string => `${secret.slice(0, 4)}...${secret.slice(-2)}`;

const isLocked = (key: Pick<Key, "native">): boolean => toyNative.parse(key.native).locked;

const lockedRefusal = (message: string): Refusal =>
  new Refusal("state_unsuitable", message, { reason: "locked" });

export const toyVersion = "2031-01-01";

export const toyProfile: Profile = {
  service: "toy",
  apiVersion: toyVersion,
  keyIds: ["TokenId"],
  issue: (random, _now, chosen) => ({
    id: `tok-${randomDigits(random, 12)}` as KeyId,
    material: newToken(random, chosen),
  }),
  renew: (random, _key, chosen) => newToken(random, chosen),
  overlap: false,
  graceSeconds: () => 0,
  presented: secretOf,
  mask: (material) => ({ kind: "token", value: new Secret(maskToken(secretOf(material).expose())) }),
  variantOf: (key) => (isLocked(key) ? "locked" : "open"),
  native: toyNative,
  fields: z.object({}),
  regional: true,
  rules: {
    change: (before, after) => {
      if (isLocked(before) && after.name !== before.name) {
        throw lockedRefusal("The token is locked. Unlock it before renaming it.");
      }
    },
    remove: (key) => {
      if (isLocked(key)) throw lockedRefusal("The token is locked. Unlock it before deleting it.");
    },
  },
  keysMax: 3,
  settings: z.strictObject({}),
  embeddedOnly: [],
};
