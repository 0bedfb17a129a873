import { readFileSync } from "node:fs";
import * as z from "zod";
import { tokenPrefix } from "../access/credential.ts";
import type { WebhookSettings } from "../events/open.ts";
import { hasChecksum } from "../keys/random.ts";
import type { LeakSettings } from "../leaks/settings.ts";
import type { Profile } from "../providers/profile.ts";
import { wordsOf } from "../schemas/issues.ts";
import type { VerificationSettings } from "../verification/open.ts";
import { type Cloud, cloudIn, cloudVariables, halfCloud } from "./cloud.ts";
import { type ProviderConfig, readConfigFile } from "./config-file.ts";
import { type Part, parts } from "./config-part.ts";
import { dataVariable } from "./data-folder.ts";
import type { FaultPlace } from "./json-fault.ts";
import { isLoopback } from "./loopback.ts";

/** Everything that the environment and `keyway.json` may say, read once, here; the authorizer has two words of its own. */

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
  ...dataVariable,
  ...cloudVariables,
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
  /** Where data is kept instead of the folder. */
  readonly cloud: Cloud | undefined;
  readonly root: RootSecrets | undefined;
  readonly actionRps: number;
  readonly corsOrigins: readonly string[];
  readonly providers: readonly ProviderConfig[];
  readonly verification: VerificationSettings;
  readonly webhooks: WebhookSettings;
  readonly leaks: LeakSettings;
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

export type Environment = Readonly<Record<string, string | undefined>>;

interface ReadOptions {
  readonly part?: Part;
  /** Where the values are of the variables that the file names, in place of the environment. */
  readonly secrets?: Environment;
  /** A server's: a function's file was read when it was packaged. */
  readonly placeOf?: FaultPlace;
}

/** `profiles` are of the services that this process serves. */
export const readConfig = (
  env: Environment,
  profiles: readonly Profile[],
  { part = parts.whole, secrets = env, placeOf = () => "" }: ReadOptions = {},
): Config => {
  const faults: string[] = [];
  const secretOf = (name: string) => (Object.hasOwn(secrets, name) ? secrets[name] : undefined);
  const fromFile = readConfigFile(env.KEYWAY_CONFIG, profiles, part, secretOf, placeOf);
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) faults.push(`${issue.path.join(".")} ${wordsOf(issue, env)}.`);
    throw new ConfigFault([...faults, ...fromFile.faults]);
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
  if (tls !== undefined && !isPair(tls)) {
    faults.push("KEYWAY_TLS_CERT and KEYWAY_TLS_KEY must be a certificate and its own key, in PEM.");
  }
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

  const cloud = cloudIn(vars);
  if (cloud === "half") faults.push(halfCloud);

  const { corsOrigins, providers, verification, webhooks, leaks } = fromFile;
  faults.push(...fromFile.faults);
  if (faults.length > 0 || cloud === "half") throw new ConfigFault(faults);

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
    cloud,
    root:
      secretId === undefined || secretKey === undefined || token === undefined
        ? undefined
        : { secretId, secretKey, token },
    actionRps: Number(vars.KEYWAY_ACTION_RPS),
    corsOrigins,
    providers,
    verification,
    webhooks,
    leaks,
  };
};

const isPair = (tls: { readonly cert: string; readonly key: string }): boolean => {
  try {
    // Asked for here: a function speaks no TLS itself, and starts sooner without.
    process.getBuiltinModule("node:tls").createSecureContext(tls);
    return true;
  } catch {
    return false;
  }
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
