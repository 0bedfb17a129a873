import { Refusal } from "../../errors.ts";
import type { Material } from "../../keys/material.ts";
import { hasChecksum, type RandomBytes, randomLetters, randomUuid, withChecksum } from "../../keys/random.ts";
import { Secret } from "../../keys/secret.ts";
import type { KeyId } from "../../schemas/key.ts";
import type { Profile } from "../profile.ts";
import { aioneFields } from "./fields.ts";
import { aioneNative } from "./native.ts";
import { aioneSettings } from "./settings.ts";

const secretPrefix = "sk-nex-";
const secretLetters = 42;

/** A secret of a reply in clear: with the prefix, and without the dots or stars of a masked one. */
export const isClear = (key: string): boolean => key.startsWith(secretPrefix) && !/[.*]/.test(key);

/** Of the secret, how much the documented `key_prefix` shows: the prefix and a little (inferred). */
const shownFirst = secretPrefix.length + 4;
const shownLast = 4;

const newToken = (random: RandomBytes): Material => ({
  kind: "token",
  value: new Secret(`${secretPrefix}${withChecksum(randomLetters(random, secretLetters))}`),
});

export const secretOf = (material: Material): Secret => {
  if (material.kind !== "token") throw new Error("an AIone key is a token");
  return material.value;
};

/** `sk-nex-AbCd...wXyZ`, the form in which the service's error texts show a key. */
const maskKey = (secret: string): string => `${secret.slice(0, shownFirst)}...${secret.slice(-shownLast)}`;

export const keyPrefixOf = (preview: string): string => preview.slice(0, shownFirst);

const teamForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const refuseChosen = (chosen: Material | undefined): void => {
  if (chosen !== undefined) throw new Refusal("unsupported", "AIone makes the secrets of its keys itself.");
};

export const aioneProfile: Profile = {
  service: "aione",
  apiVersion: null,
  keyIds: ["key_id", "id"],
  issue: (random, _now, chosen) => {
    refuseChosen(chosen);
    return { id: randomUuid(random) as KeyId, material: newToken(random) };
  },
  renew: (random, _key, chosen) => {
    refuseChosen(chosen);
    return newToken(random);
  },
  overlap: true,
  graceSeconds: (settings) => aioneSettings.parse(settings).rotateGraceSeconds,
  presented: secretOf,
  mistyped: (text) => text.startsWith(secretPrefix) && !hasChecksum(text.slice(secretPrefix.length)),
  mask: (material) => ({ kind: "token", value: new Secret(maskKey(secretOf(material).expose())) }),
  variantOf: () => "",
  native: aioneNative,
  fields: aioneFields,
  regional: false,
  rules: {
    create: ({ team = null }) => {
      if (team === null || teamForm.test(team)) return;
      throw new Refusal("field_value_invalid", "The team must be a UUID in lower case.", {
        issues: [{ path: "owner.team", message: "must be a UUID in lower case" }],
      });
    },
    // None of these has a field in the service's update.
    change: (before, after) => {
      const fixed =
        after.owner.team === before.owner.team &&
        after.sandbox === before.sandbox &&
        after.expiresAt === before.expiresAt;
      if (!fixed) {
        throw new Refusal(
          "field_value_invalid",
          "Team, sandbox and expiry cannot be changed after creation.",
        );
      }
    },
    // Unknown in the documentation; a new secret for a key that does not work would look like one that does.
    renew: (key, now) => {
      if (key.status === "disabled") {
        throw new Refusal("state_unsuitable", "The key is disabled. Enable it before rotating it.");
      }
      if (key.expiresAt !== null && Date.parse(key.expiresAt) <= now.getTime()) {
        throw new Refusal("state_unsuitable", "The key has expired.");
      }
    },
  },
  keysMax: 1000,
  settings: aioneSettings,
  embeddedOnly: ["rotateGraceSeconds"],
};
