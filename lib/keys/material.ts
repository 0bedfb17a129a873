import type { Secret } from "./secret.ts";

/** What is secret in a key. The store sees it only sealed, callers only where a schema marks it. */
export type Material =
  | { readonly kind: "token"; readonly value: Secret }
  | { readonly kind: "pair"; readonly id: string; readonly secret: Secret }
  | { readonly kind: "fields"; readonly fields: readonly { readonly name: string; readonly value: Secret }[] }
  | { readonly kind: "sts"; readonly system: string; readonly secretId: Secret; readonly secretKey: Secret };
