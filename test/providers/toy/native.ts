import * as z from "zod";

/** What of a token has no canonical twin. */
export const toyNative = z.strictObject({
  /** A locked token keeps its name and cannot be deleted. */
  locked: z.boolean(),
});
