import * as z from "zod";
import { isIpOrCidr } from "../keys/allowlist.ts";
import { serviceName } from "../schemas/key.ts";
import { leakSettings } from "./config-leaks.ts";
import { upstreamSettings } from "./config-upstream.ts";

/** `keyway.json`: the providers and their settings. Made when a file is read: most functions that start have none. */

/** What any provider can be told; what else one can is in its service's profile. */
const providerSettings = z.lazy(() =>
  z.looseObject({
    service: serviceName,
    /** Behind the service's native surface; needed only where a service has several providers. */
    native: z.boolean().optional(),
    /** Where keys are when a call names no region. */
    region: z
      .string()
      .regex(/^[a-z]{2}(?:-[a-z0-9]{1,20}){1,3}$/, "must be a region, like ap-guangzhou")
      .optional(),
    ...upstreamSettings.unwrap().shape,
    /** Keys an account may hold, instead of the service's documented number. */
    keysMax: z.int().min(1).max(1_000_000).optional(),
  }),
);
/** How keys are verified. */
export const verificationSettings = z.lazy(() =>
  z.strictObject({
    /** `exact` counts each call where all processes see it; `fast` takes a process's share of a minute at a time. */
    limits: z.enum(["exact", "fast"]).default("exact"),
    tokensPerCall: z.int().min(0).max(1_000_000_000).default(1),
    keyHeader: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,62}$/, "must be the name of a header in lower case")
      // What else is read from these would be taken for a key.
      .regex(/^(?!x-keyway-|x-forwarded-|authorization$)/, "must be a header that has no other meaning here")
      .nullable()
      .default(null),
    /** Zero: nobody is between, the caller is whoever the door saw. */
    trustedHops: z.int().min(0).max(10).default(1),
  }),
);
/** Where events may be sent. */
export const webhookSettings = z.lazy(() =>
  z.strictObject({
    /** Besides the public internet; only there without TLS, too. */
    networks: z
      .array(z.string().refine(isIpOrCidr, "must be an address or a range, like 10.20.0.0/16"))
      .max(100)
      .default([]),
  }),
);
const providerName = z.lazy(() =>
  z
    .string()
    .regex(
      /^[a-z][a-z0-9-]{0,62}$/,
      "must begin with a lower-case letter, then lower-case letters, digits and `-`",
    ),
);
export const configFile = z.lazy(() =>
  z.strictObject({
    verification: verificationSettings.prefault({}),
    webhooks: webhookSettings.prefault({}),
    leaks: leakSettings.prefault({}),
    /** Origins whose pages may call the facade: `https://console.example.com`. */
    corsOrigins: z
      .array(z.string().regex(/^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/, "must be an origin, without a path"))
      .max(100)
      .optional(),
    // With none, nothing is served, and whoever wrote it may have meant the default.
    providers: z
      .record(providerName, providerSettings)
      .refine((providers) => Object.keys(providers).length > 0, {
        message: "must not be empty",
      })
      .optional(),
  }),
);
