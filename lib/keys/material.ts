import { Secret } from "./secret.ts";

/** What is secret in a key. The store sees it only sealed, callers only where a schema marks it. */
export type Material =
  | { readonly kind: "token"; readonly value: Secret }
  | { readonly kind: "pair"; readonly id: string; readonly secret: Secret }
  | { readonly kind: "fields"; readonly fields: readonly { readonly name: string; readonly value: Secret }[] }
  | { readonly kind: "sts"; readonly system: string; readonly secretId: Secret; readonly secretKey: Secret };

/** A material as the one text that is sealed: its kind, then its parts. The result is itself a secret. */
export const toSealedText = (material: Material): Secret => {
  switch (material.kind) {
    case "token":
      return parts("token", material.value.expose());
    case "pair":
      return parts("pair", material.id, material.secret.expose());
    case "fields":
      return parts("fields", ...material.fields.flatMap(({ name, value }) => [name, value.expose()]));
    case "sts":
      return parts("sts", material.system, material.secretId.expose(), material.secretKey.expose());
  }
};

const parts = (...texts: readonly string[]): Secret => new Secret(JSON.stringify(texts));

export const fromSealedText = (text: Secret): Material => {
  const [kind, ...texts]: readonly string[] = JSON.parse(text.expose());
  const [first = "", second = "", third = ""] = texts;
  switch (kind) {
    case "token":
      return { kind, value: new Secret(first) };
    case "pair":
      return { kind, id: first, secret: new Secret(second) };
    case "fields":
      return { kind, fields: pairsOf(texts) };
    case "sts":
      return { kind, system: first, secretId: new Secret(second), secretKey: new Secret(third) };
    default:
      throw new Error("a sealed material of no known kind");
  }
};

const pairsOf = (texts: readonly string[]): readonly { readonly name: string; readonly value: Secret }[] =>
  Array.from({ length: texts.length / 2 }, (_, place) => ({
    name: texts[2 * place] ?? "",
    value: new Secret(texts[2 * place + 1] ?? ""),
  }));

/** A masked material as one line. */
export const previewOf = (masked: Material): string => {
  switch (masked.kind) {
    case "token":
      return masked.value.expose();
    case "pair":
      return masked.secret.expose();
    case "fields":
      return masked.fields.map(({ name, value }) => `${name}=${value.expose()}`).join(", ");
    case "sts":
      return `${masked.system}: ${masked.secretId.expose()}`;
  }
};
