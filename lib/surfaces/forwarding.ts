import type { Permission } from "../access/roles.ts";
import type { Profile } from "../providers/profile.ts";
import type { NativeEffect } from "../providers/upstream/forward.ts";

const idForm = /^[\w-]{1,128}$/;

const idAt = (value: unknown, names: readonly string[]): string | undefined => {
  if (typeof value !== "object" || value === null) return undefined;
  return names
    .map((name): unknown => Reflect.get(value, name))
    .find((id): id is string => typeof id === "string" && idForm.test(id));
};

/** Some services answer in a `Result`. */
const idInReply = (reply: unknown, names: readonly string[]): string | undefined =>
  idAt(reply, names) ??
  (typeof reply === "object" && reply !== null ? idAt(Reflect.get(reply, "Result"), names) : undefined);

/** What a permitted call does to the keys of a real system; one that does nothing may be sent again, without an intent. */
export const effectOf = (
  { keyIds }: Pick<Profile, "keyIds">,
  permission: Permission,
  input: unknown,
): NativeEffect => {
  switch (permission) {
    case "keys:read":
    case "keys:reveal":
    case "usage:read":
      return { type: "reads" };
    case "keys:create":
      return { type: "makes", idOf: (reply) => idInReply(reply, keyIds) };
    case "keys:delete":
      return { type: "removes", id: idAt(input, keyIds) };
    default:
      return { type: "changes", id: idAt(input, keyIds) };
  }
};

/** The id that a call is about, for the audit trail; a star where it names none. */
export const idIn = (
  { keyIds, otherIds = [] }: Pick<Profile, "keyIds" | "otherIds">,
  input: unknown,
): string => idAt(input, [...keyIds, ...otherIds]) ?? "*";
