import * as z from "zod";

/** Where a credential may be used, its `CredentialEffectScope`: only on these machines (0), or on all but these (1). */
export const csipNative = z.lazy(() =>
  z
    .strictObject({
      Exclude: z.union([z.literal(0), z.literal(1)]),
      Instances: z
        .array(
          z.string().regex(/^[a-z]+-[A-Za-z0-9]{1,32}$/, "must be the id of a machine, like `ins-abc12345`."),
        )
        .max(1000),
    })
    .refine(({ Exclude, Instances }) => Exclude === 1 || Instances.length > 0, {
      path: ["Instances"],
      message: "must name a machine, or nobody could use the credential.",
    }),
);
