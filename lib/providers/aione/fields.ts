import * as z from "zod";
import { isIpOrCidr } from "../../keys/allowlist.ts";
import { limit, name } from "../../schemas/aione-fields.ts";

/** The bounds of the service's own requests, by canonical names. */
export const aioneFields = z.lazy(() =>
  z.object({
    name,
    scope: z.object({
      models: z.union([z.literal("all"), z.array(z.string().min(1).max(128)).min(1).max(1000)]),
    }),
    ipAllowlist: z
      .array(z.string().refine(isIpOrCidr, { message: "must be an address or a CIDR range." }))
      .max(1000),
    limits: z.object({ requestsPerMinute: limit, tokensPerMinute: limit }),
  }),
);
