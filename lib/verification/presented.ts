import { Secret } from "../keys/secret.ts";
import type { VerifyRequest } from "../schemas/verify.ts";

/** What somebody shows to prove that a key is theirs. */
export type Presented =
  | { readonly kind: "token"; readonly token: Secret }
  | { readonly kind: "pair"; readonly id: string; readonly secret: Secret }
  | {
      readonly kind: "signed";
      readonly authorization: string;
      readonly headers: Readonly<Record<string, string>>;
    };

/** The schema has seen to it that one of the ways was chosen. */
export const presentedIn = ({ key, id, secret, signed }: VerifyRequest): Presented => {
  if (signed !== undefined) return { kind: "signed", ...signed };
  if (typeof key === "string") return { kind: "token", token: new Secret(key) };
  const pair = key ?? { id, secret };
  if (pair.id === undefined || pair.secret === undefined) throw new Error("nothing was presented");
  return { kind: "pair", id: pair.id, secret: new Secret(pair.secret) };
};
