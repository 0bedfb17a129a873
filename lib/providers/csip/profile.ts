import * as z from "zod";
import { Refusal } from "../../errors.ts";
import type { Material } from "../../keys/material.ts";
import { randomLetters } from "../../keys/random.ts";
import type { Secret } from "../../keys/secret.ts";
import type { CredentialType } from "../../schemas/csip.ts";
import type { KeyId } from "../../schemas/key.ts";
import type { Profile } from "../profile.ts";
import { csipFields } from "./fields.ts";
import { maskValue, previewValue, shown } from "./mask.ts";
import { csipNative } from "./native.ts";

const fieldsMax = 50;

const refused = (message: string): Refusal =>
  new Refusal("field_value_invalid", `The \`material\` ${message}.`, {
    issues: [{ path: "material", message }],
  });

/** What a detail shows in place of a value: stored, it would look like the secret that it hides. */
const maskForm = /^(?:.{3})?\*{3}(?:.{4})?$/su;
const isMask = (secret: Secret): boolean => maskForm.test(secret.expose());
const maskRefused = (): Refusal => refused("holds a masked value: send the secret itself");

/** A credential is always brought along: this service makes none, it keeps those of others. */
const checkedMaterial = (chosen: Material | undefined): Extract<Material, { kind: "fields" | "sts" }> => {
  if (chosen?.kind === "fields") {
    const names = new Set(chosen.fields.map(({ name }) => name));
    const named = names.size === chosen.fields.length && !names.has("");
    if (chosen.fields.some(({ value }) => isMask(value))) throw maskRefused();
    if (named && names.size > 0 && names.size <= fieldsMax) return chosen;
    throw refused(`must hold 1 to ${fieldsMax} fields, each with a name of its own`);
  }
  if (chosen?.kind === "sts") {
    if (isMask(chosen.secretId) || isMask(chosen.secretKey)) throw maskRefused();
    if (chosen.system !== "") return chosen;
    throw refused("of kind `sts` must name its `system`");
  }
  throw refused("is required for a Key Sandbox credential, of kind `fields` or `sts`");
};

const types = { fields: "access", sts: "sts" } as const;

/** Its documented type, which the kind of its material tells. */
export const credentialTypeOf = (kind: Material["kind"]): CredentialType => {
  if (kind === "fields" || kind === "sts") return types[kind];
  throw new Error("a Key Sandbox credential is of fields or of a pair with its system");
};

export const apiVersion = "2022-11-21";

export const csipProfile: Profile = {
  service: "csip",
  apiVersion,
  keyIds: ["CredentialId"],
  issue: (random, _now, chosen) => ({
    id: `cred-${randomLetters(random, 8).toLowerCase()}` as KeyId,
    material: checkedMaterial(chosen),
  }),
  renew: (_random, _key, chosen) => checkedMaterial(chosen),
  isChosen: "always",
  overlap: false,
  graceSeconds: () => 0,
  // Agents reach credentials through the sandbox's proxy; nobody presents one here.
  presented: () => null,
  mask: (material) => shown(material, maskValue),
  preview: (material) => shown(material, previewValue),
  variantOf: (_key, kind) => credentialTypeOf(kind),
  native: csipNative,
  fields: csipFields,
  regional: false,
  rules: {},
  keysMax: 1000,
  settings: z.strictObject({}),
  embeddedOnly: [],
};
