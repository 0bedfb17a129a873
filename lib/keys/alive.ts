import type { Key } from "../schemas/key.ts";

/**
 * Why a key's secret does not work now, or undefined when it does. Ends of keys and of graces are comparisons here,
 * never the work of a timer: at the moment itself it is over.
 */
export const deathOf = (
  key: Pick<Key, "status" | "expiresAt">,
  secret: { readonly until: string | null },
  now: Date,
): "disabled" | "expired" | "replaced" | undefined => {
  if (key.status === "disabled") return "disabled";
  if (key.expiresAt !== null && Date.parse(key.expiresAt) <= now.getTime()) return "expired";
  if (secret.until !== null && Date.parse(secret.until) <= now.getTime()) return "replaced";
  return undefined;
};
