import * as z from "zod";

/** Every field of an AIone key has a canonical twin. */
export const aioneNative = z.lazy(() => z.strictObject({}));
