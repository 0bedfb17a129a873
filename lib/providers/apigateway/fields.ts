import * as z from "zod";

/** The documented bounds, by canonical names; that of the name is a rule, because it holds at creation alone. */
export const apigatewayFields = z.lazy(() =>
  z.object({
    tags: z
      .record(z.string().min(1).max(127), z.string().max(255))
      .refine((tags) => Object.keys(tags).length <= 50, { message: "must hold at most 50 entries." }),
  }),
);
