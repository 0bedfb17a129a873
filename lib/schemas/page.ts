import * as z from "zod";

/** Of every list: how many, and from where on. In a query all is text. */
export const page = z.strictObject({
  limit: z
    .string()
    .regex(/^(?:[1-9]\d?|100)$/, "must be a whole number from 1 to 100.")
    .optional(),
  cursor: z.string().min(1).max(512).optional(),
});
export const pageLimit = (text: string | undefined): number => (text === undefined ? 50 : Number(text));
