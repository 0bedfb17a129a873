import { readFileSync } from "node:fs";
import * as z from "zod";
import { tokenPrefix } from "../access/credential.ts";
import { hasChecksum } from "../keys/random.ts";
import type { Profile } from "../providers/profile.ts";
import { serviceName } from "../schemas/key.ts";

/** Everything that the environment and `keyway.json` may say, read once, here. */

const printable = z
  .string()
  .regex(/^[\x21-\x7e]{24,256}$/, "must be 24 to 256 printable characters without spaces");
const flag = z.enum(["0", "1"], "must be 0 or 1");

const environment = z.object({
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, "must be a port number")
    .default("8787"),
  KEYWAY_TLS_CERT: z.string().min(1).optional(),
  KEYWAY_TLS_KEY: z.string().min(1).optional(),
  KEYWAY_BEHIND_PROXY: flag.default("0"),
  KEYWAY_DATA: z.string().min(1).default("./.keyway"),
  KEYWAY_CONFIG: z.string().min(1).optional(),
  // These two separate the parts of a TC3 Authorization header, so an id with one could never sign.
  KEYWAY_ROOT_SECRET_ID: printable.regex(/^[^/,]*$/, "must not contain `/` or `,`").optional(),
  KEYWAY_ROOT_SECRET_KEY: printable.optional(),
  KEYWAY_ROOT_TOKEN: printable
    .refine((token) => !token.startsWith(tokenPrefix) || hasChecksum(token.slice(tokenPrefix.length)), {
      message: `begins with ${tokenPrefix} like Keyway's own tokens and lacks their checksum`,
    })
    .optional(),
  KEYWAY_ACTION_RPS: z
    .string()
    .regex(/^\d{1,5}$/, "must be a whole number from 0 to 99999")
    .default("20"),
});

/** What any provider can be told; what else one can is in its service's profile. */
const providerSettings = z.looseObject({
  service: serviceName,
  /** Behind the service's native surface; needed only where a service has several providers. */
  native: z.boolean().optional(),
  /** Where keys are when a call names no region. */
  region: z
    .string()
    .regex(/^[a-z]{2}(?:-[a-z0-9]{1,20}){1,3}$/)
    .optional(),
  /** Keys an account may hold, instead of the service's documented number. */
  keysMax: z.int().min(1).max(1_000_000).optional(),
});
const configFile = z.strictObject({
  /** Origins whose pages may call the facade: `https://console.example.com`. */
  corsOrigins: z
    .array(z.string().regex(/^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/, "must be an origin, without a path"))
    .max(100)
    .optional(),
  providers: z.record(z.string().regex(/^[a-z][a-z0-9-]{0,62}$/), providerSettings).optional(),
});

export interface ProviderConfig {
  readonly name: string;
  readonly service: string;
  /** Behind its service's native surface: of each service one is. */
  readonly native: boolean;
  readonly region?: string | undefined;
  readonly keysMax?: number | undefined;
  /** In the shape of its profile's settings. */
  readonly own: unknown;
}

export interface RootSecrets {
  readonly secretId: string;
  readonly secretKey: string;
  readonly token: string;
}

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly behindProxy: boolean;
  readonly dataFolder: string;
  readonly root: RootSecrets | undefined;
  readonly actionRps: number;
  readonly corsOrigins: readonly string[];
  readonly providers: readonly ProviderConfig[];
}

/** All that is wrong, at once and by name; values are not repeated, some of them are secrets. */
export class ConfigFault extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
    this.name = "ConfigFault";
    this.faults = faults;
  }
}

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);

/**
 * `profiles` are of the services that this process serves. With `others`, more services are served elsewhere: providers
 * of theirs are left to those who know them.
 */
export const readConfig = (
  env: Readonly<Record<string, string | undefined>>,
  profiles: readonly Profile[],
  others: "none" | "elsewhere" = "none",
): Config => {
  const faults: string[] = [];
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) faults.push(`${issue.path.join(".")} ${issue.message}.`);
    throw new ConfigFault([...faults, ...readProviders(env.KEYWAY_CONFIG, profiles, others).faults]);
  }
  const vars = parsed.data;
  if (Number(vars.PORT) > 65_535) faults.push("PORT must be a port number.");

  const tlsGiven = [vars.KEYWAY_TLS_CERT, vars.KEYWAY_TLS_KEY];
  if (tlsGiven.filter((one) => one !== undefined).length === 1) {
    faults.push("KEYWAY_TLS_CERT and KEYWAY_TLS_KEY go together.");
  }
  const cert = readPem("KEYWAY_TLS_CERT", vars.KEYWAY_TLS_CERT, faults);
  const key = readPem("KEYWAY_TLS_KEY", vars.KEYWAY_TLS_KEY, faults);
  const tls = cert === undefined || key === undefined ? undefined : { cert, key };
  const behindProxy = vars.KEYWAY_BEHIND_PROXY === "1";
  if (!isLoopback(vars.HOST) && tlsGiven.includes(undefined) && !behindProxy) {
    faults.push(
      `HOST ${vars.HOST} is reachable from elsewhere: set KEYWAY_TLS_CERT and KEYWAY_TLS_KEY, or KEYWAY_BEHIND_PROXY=1 behind a proxy that speaks TLS.`,
    );
  }

  const rootNames = ["KEYWAY_ROOT_SECRET_ID", "KEYWAY_ROOT_SECRET_KEY", "KEYWAY_ROOT_TOKEN"] as const;
  const absent = rootNames.filter((name) => vars[name] === undefined);
  if (absent.length > 0 && absent.length < rootNames.length) {
    faults.push(`The root credential is set by three variables together; missing: ${absent.join(", ")}.`);
  }

  const {
    corsOrigins,
    providers,
    faults: providerFaults,
  } = readProviders(vars.KEYWAY_CONFIG, profiles, others);
  faults.push(...providerFaults);
  if (faults.length > 0) throw new ConfigFault(faults);

  const {
    KEYWAY_ROOT_SECRET_ID: secretId,
    KEYWAY_ROOT_SECRET_KEY: secretKey,
    KEYWAY_ROOT_TOKEN: token,
  } = vars;
  return {
    host: vars.HOST,
    port: Number(vars.PORT),
    tls,
    behindProxy,
    dataFolder: vars.KEYWAY_DATA,
    root:
      secretId === undefined || secretKey === undefined || token === undefined
        ? undefined
        : { secretId, secretKey, token },
    actionRps: Number(vars.KEYWAY_ACTION_RPS),
    corsOrigins,
    providers,
  };
};

const readPem = (name: string, file: string | undefined, faults: string[]): string | undefined => {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8");
  } catch {
    faults.push(`${name}: ${file} cannot be read.`);
    return undefined;
  }
};

interface FromFile {
  readonly corsOrigins: readonly string[];
  readonly providers: readonly ProviderConfig[];
  readonly faults: readonly string[];
}

/** Without a file: one embedded provider for each service, named like it. */
const defaultProviders = (profiles: readonly Profile[]): FromFile => ({
  corsOrigins: [],
  providers: profiles.map(({ service, settings }) => ({
    name: service,
    service,
    native: true,
    own: settings.parse({}),
  })),
  faults: [],
});

const readProviders = (
  file: string | undefined,
  profiles: readonly Profile[],
  others: "none" | "elsewhere",
): FromFile => {
  if (file === undefined) return defaultProviders(profiles);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "is not valid JSON" : "cannot be read";
    return { corsOrigins: [], providers: [], faults: [`KEYWAY_CONFIG: ${file} ${why}.`] };
  }
  const parsed = configFile.safeParse(value);
  if (!parsed.success) return { corsOrigins: [], providers: [], faults: faultsOf(file, [], parsed.error) };
  const { corsOrigins = [] } = parsed.data;
  if (parsed.data.providers === undefined) return { ...defaultProviders(profiles), corsOrigins };
  const faults: string[] = [];
  const providers: ProviderConfig[] = [];
  for (const [name, { service, native, region, keysMax, ...own }] of Object.entries(parsed.data.providers)) {
    const profile = profiles.find((one) => one.service === service);
    if (profile === undefined && others === "elsewhere") continue;
    const settings = profile?.settings.safeParse(own);
    if (settings === undefined) {
      const known = profiles.map((one) => one.service).join(", ");
      faults.push(`${file}: providers.${name}.service: is none of ${known}.`);
    } else if (settings.success) {
      providers.push({ name, service, native: native === true, region, keysMax, own: settings.data });
    } else faults.push(...faultsOf(file, ["providers", name], settings.error));
  }
  return {
    corsOrigins,
    providers: providers.map(soleNative),
    faults: [...faults, ...nativeFaults(file, providers)],
  };
};

/** Where a service has one provider, nobody needs to mark it. */
const soleNative = (
  provider: ProviderConfig,
  _place: number,
  all: readonly ProviderConfig[],
): ProviderConfig =>
  all.filter(({ service }) => service === provider.service).length === 1
    ? { ...provider, native: true }
    : provider;

const faultsOf = (file: string, at: readonly string[], error: z.ZodError): readonly string[] =>
  error.issues.map(
    (issue) => `${file}: ${[...at, ...issue.path].join(".") || "the document"}: ${issue.message}.`,
  );

/** Exactly one provider answers a service's native calls. */
const nativeFaults = (file: string, providers: readonly ProviderConfig[]): readonly string[] =>
  [...new Set(providers.map(({ service }) => service))].flatMap((service) => {
    const own = providers.filter((provider) => provider.service === service);
    const native = own.filter((provider) => provider.native);
    if (own.length <= 1 || native.length === 1) return [];
    return [
      `${file}: mark exactly one provider of ${service} as native: ${own.map(({ name }) => name).join(", ")}.`,
    ];
  });
