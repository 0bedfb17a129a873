import type { Permission } from "../access/roles.ts";
import type { NativeEffect } from "../providers/upstream/forward.ts";

const keyIdNames = ["ApiKeyId", "AccessKeyId", "CredentialId", "key_id"] as const;
const idForm = /^[\w-]{1,128}$/;

const idAt = (value: unknown, names: readonly string[]): string | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  return names
    .map((name): unknown => Reflect.get(value, name))
    .find((id): id is string => typeof id === "string" && idForm.test(id));
};

/** The id of a key that was made: API Gateway has it in its `Result`, AIone calls it `id`. */
const idOfMade = (reply: unknown): string | undefined =>
  idAt(reply, [...keyIdNames, "id"]) ??
  (typeof reply === "object" && reply !== null ? idAt(Reflect.get(reply, "Result"), keyIdNames) : undefined);

/** What a permitted call does to the keys of a real system; one that does nothing may be sent again, without an intent. */
export const effectOf = (permission: Permission, input: unknown): NativeEffect => {
  switch (permission) {
    case "keys:read":
    case "keys:reveal":
    case "usage:read":
      return { type: "reads" };
    case "keys:create":
      return { type: "makes", idOf: idOfMade };
    case "keys:delete":
      return { type: "removes", id: idAt(input, keyIdNames) };
    default:
      return { type: "changes", id: idAt(input, keyIdNames) };
  }
};

/** The id that a call is about, for the audit trail; a star where it names none. */
export const idIn = (input: unknown): string => idAt(input, [...keyIdNames, "UsagePlanId"]) ?? "*";
