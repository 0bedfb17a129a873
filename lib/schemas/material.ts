import * as z from "zod";
import type { Material } from "../keys/material.ts";
import { Secret } from "../keys/secret.ts";
import { secretField } from "./secret-mark.ts";

/** A key's secrets as the facade takes and shows them. */

const secretText = z.string().min(1).max(4096);

const materialShape = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("token"), value: secretText }),
  z.strictObject({ kind: z.literal("pair"), id: z.string().max(1024), secret: secretText }),
  z.strictObject({
    kind: z.literal("fields"),
    fields: z
      .array(z.strictObject({ name: z.string().min(1).max(128), value: secretText }))
      .min(1)
      .max(50),
  }),
  z.strictObject({
    kind: z.literal("sts"),
    system: z.string().min(1).max(128),
    secretId: secretText,
    secretKey: secretText,
  }),
]);
type MaterialShape = z.infer<typeof materialShape>;

/** Secret as a whole: which names a caller gives to fields is nobody's business either. */
export const material = secretField(materialShape);

export const toMaterial = (shape: MaterialShape): Material => {
  switch (shape.kind) {
    case "token":
      return { kind: "token", value: new Secret(shape.value) };
    case "pair":
      return { kind: "pair", id: shape.id, secret: new Secret(shape.secret) };
    case "fields":
      return {
        kind: "fields",
        fields: shape.fields.map(({ name, value }) => ({ name, value: new Secret(value) })),
      };
    case "sts":
      return {
        kind: "sts",
        system: shape.system,
        secretId: new Secret(shape.secretId),
        secretKey: new Secret(shape.secretKey),
      };
  }
};

export const fromMaterial = (of: Material): MaterialShape => {
  switch (of.kind) {
    case "token":
      return { kind: "token", value: of.value.expose() };
    case "pair":
      return { kind: "pair", id: of.id, secret: of.secret.expose() };
    case "fields":
      return {
        kind: "fields",
        fields: of.fields.map(({ name, value }) => ({ name, value: value.expose() })),
      };
    case "sts":
      return {
        kind: "sts",
        system: of.system,
        secretId: of.secretId.expose(),
        secretKey: of.secretKey.expose(),
      };
  }
};
