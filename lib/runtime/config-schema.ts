import * as z from "zod";
import { accountId, serviceName } from "../schemas/key.ts";
import { isLoopback } from "./loopback.ts";

/** `keyway.json`: the providers and their settings. */

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a variable");

const endpoint = z
  .string()
  .refine((text) => URL.canParse(text) && isOpenable(new URL(text)), {
    message:
      "must be a URL like https://tokenhub.tencentcloudapi.com: https://, or http:// on this machine, without path, query, user or password",
  })
  .transform((text) => new URL(text).origin);

/** Secrets travel: in clear they may not leave the machine. */
const isOpenable = ({ protocol, hostname, pathname, search, hash, username, password }: URL): boolean =>
  (protocol === "https:" || (protocol === "http:" && isLoopback(hostname.replace(/^\[|\]$/g, "")))) &&
  pathname === "/" &&
  [search, hash, username, password].every((part) => part === "");

/** What any provider can be told; what else one can is in its service's profile. */
export const providerSettings = z.looseObject({
  service: serviceName,
  /** Behind the service's native surface; needed only where a service has several providers. */
  native: z.boolean().optional(),
  /** Where keys are when a call names no region. */
  region: z
    .string()
    .regex(/^[a-z]{2}(?:-[a-z0-9]{1,20}){1,3}$/, "must be a region, like ap-guangzhou")
    .optional(),
  /** The real system. Without it the provider is embedded: Keyway keeps the keys itself. */
  endpoint: endpoint.optional(),
  /** Names of variables, so that no secret stands in a file: a pair signs, a token is a bearer. */
  credential: z
    .union(
      [
        z.strictObject({ secretIdEnv: variable, secretKeyEnv: variable }),
        z.strictObject({ tokenEnv: variable }),
      ],
      "must be `secretIdEnv` and `secretKeyEnv`, or `tokenEnv`: names of variables",
    )
    .optional(),
  /** Whose the real system's keys are: the root account, unless told otherwise. */
  account: accountId.regex(/^\d{12}$/, "must be the id of an account, of 12 digits").optional(),
  /** Keys an account may hold, instead of the service's documented number. */
  keysMax: z.int().min(1).max(1_000_000).optional(),
});
/** How keys are verified. */
export const verificationSettings = z.strictObject({
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
});
const providerName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,62}$/,
    "must begin with a lower-case letter, then lower-case letters, digits and `-`",
  );
export const configFile = z.strictObject({
  verification: verificationSettings.prefault({}),
  /** Origins whose pages may call the facade: `https://console.example.com`. */
  corsOrigins: z
    .array(z.string().regex(/^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/, "must be an origin, without a path"))
    .max(100)
    .optional(),
  providers: z.record(providerName, providerSettings).optional(),
});
