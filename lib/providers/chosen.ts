import type { Key } from "../schemas/key.ts";
import type { Profile } from "./profile.ts";

/** Whether somebody chose the secret of this key, and only somebody can choose the next one. */
export const isChosen = (
  { isChosen: chosen }: Pick<Profile, "isChosen">,
  key: Pick<Key, "native">,
): boolean => chosen === "always" || (chosen?.(key) ?? false);
