import type { Material } from "../../keys/material.ts";
import { Secret } from "../../keys/secret.ts";

const shownFrom = 7;
const previewedFrom = 13;

/** `AKI***abcd`: always three stars, so that the length is hidden. Counted in characters, not bytes (inferred). */
const masked = (value: string, from: number): string => {
  const characters = [...value];
  if (characters.length < from) return "***";
  return `${characters.slice(0, 3).join("")}***${characters.slice(-4).join("")}`;
};

/** As the service shows a value on its wire: one of seven characters whole. */
export const maskValue = (value: string): string => masked(value, shownFrom);

/** As the facade shows it: of a short value nothing, because seven characters would be most of it. */
export const previewValue = (value: string): string => masked(value, previewedFrom);

/** Of a mask that the service made: nothing tells how long the value is, so it may be a short one. */
export const previewMask = (mask: string): string => mask.replace(/\*{3}.{4}$/su, "***");

/** A credential with each secret in it as `show` shows it. */
export const shown = (material: Material, show: (value: string) => string): Material => {
  const one = (secret: Secret): Secret => new Secret(show(secret.expose()));
  switch (material.kind) {
    case "fields":
      return { ...material, fields: material.fields.map(({ name, value }) => ({ name, value: one(value) })) };
    case "sts":
      return { ...material, secretId: one(material.secretId), secretKey: one(material.secretKey) };
    default:
      throw new Error("a credential is of fields or of a pair with its system");
  }
};
