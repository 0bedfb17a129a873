import type { Permission } from "../access/roles.ts";
import type { Profile } from "../providers/profile.ts";
import type { NativeEffect } from "../providers/upstream/forward.ts";

const idForm = /^[\w-]{1,128}$/;

const at = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

const idAt = (value: unknown, names: readonly string[]): string | undefined =>
  names.map((name) => at(value, name)).find((id): id is string => typeof id === "string" && idForm.test(id));

const readings: readonly Permission[] = ["keys:read", "keys:reveal", "usage:read"];

/** What a permitted call does to the keys of a real system; one that does nothing may be sent again, without an intent. */
export const effectOf = (
  { keyIds }: Pick<Profile, "keyIds">,
  permission: Permission,
  input: unknown,
): NativeEffect => {
  if (readings.includes(permission)) return { type: "reads" };
  // Some services answer in a `Result`.
  if (permission === "keys:create")
    return { type: "makes", idOf: (reply) => idAt(reply, keyIds) ?? idAt(at(reply, "Result"), keyIds) };
  return { type: permission === "keys:delete" ? "removes" : "changes", id: idAt(input, keyIds) };
};

/** The id that a call is about, for the audit trail; a star where it names none. */
export const idIn = (
  { keyIds, otherIds = [] }: Pick<Profile, "keyIds" | "otherIds">,
  input: unknown,
): string => idAt(input, [...keyIds, ...otherIds]) ?? "*";
