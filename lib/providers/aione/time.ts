import { instant } from "../from-wire.ts";

/** The forms of times are not published: whatever can be read as one is one. */
export const isTime = (text: string): boolean => {
  try {
    return instant(text) !== "";
  } catch {
    return false;
  }
};
