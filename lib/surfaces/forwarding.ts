import type { Permission } from "../access/roles.ts";

const readings: readonly Permission[] = ["keys:read", "keys:reveal", "usage:read"];

/** Whether an action changes nothing, so that it may be sent again and needs no intent. */
export const isReading = (permission: Permission): boolean => readings.includes(permission);

const idNames = ["ApiKeyId", "AccessKeyId", "CredentialId", "UsagePlanId", "key_id"] as const;
const idForm = /^[\w-]{1,128}$/;

/** The id that a call is about, for the audit trail; a star where it names none. */
export const idIn = (input: unknown): string => {
  if (typeof input !== "object" || input === null) return "*";
  for (const name of idNames) {
    const id: unknown = Reflect.get(input, name);
    if (typeof id === "string" && idForm.test(id)) return id;
  }
  return "*";
};
