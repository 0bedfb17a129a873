import { readFileSync } from "node:fs";
import type * as z from "zod";
import type { LeakSettings } from "../leaks/settings.ts";
import type { Profile } from "../providers/profile.ts";
import { wordsOf } from "../schemas/issues.ts";
import { readLeaks } from "./config-leaks.ts";
import type { Part } from "./config-part.ts";
import { configFile, verificationSettings, webhookSettings } from "./config-schema.ts";
import { misplaced, readUpstream, type SecretOf, type UpstreamConfig } from "./config-upstream.ts";
import type { FaultPlace } from "./json-fault.ts";

export interface ProviderConfig {
  readonly name: string;
  readonly service: string;
  /** Behind its service's native surface: of each service one is. */
  readonly native: boolean;
  readonly region?: string | undefined;
  readonly keysMax?: number | undefined;
  /** In the shape of its profile's settings. */
  readonly own: unknown;
  /** Of a provider whose keys a real system keeps. */
  readonly upstream?: UpstreamConfig;
}

interface FromFile {
  readonly verification: z.output<typeof verificationSettings>;
  readonly webhooks: z.output<typeof webhookSettings>;
  readonly corsOrigins: readonly string[];
  readonly providers: readonly ProviderConfig[];
  readonly leaks: LeakSettings;
  readonly faults: readonly string[];
}

/** Without a file: one embedded provider for each service, named like it. */
const defaultProviders = (profiles: readonly Profile[]): FromFile => ({
  verification: verificationSettings.parse({}),
  webhooks: webhookSettings.parse({}),
  corsOrigins: [],
  providers: profiles.map(({ service, settings }) => ({
    name: service,
    service,
    native: true,
    own: settings.parse({}),
  })),
  leaks: {},
  faults: [],
});

/**
 * `keyway.json`, parsed strictly, all that is wrong told at once. `profiles` are of the services that this process serves;
 * `placeOf` finds the place in a file that is no JSON.
 */
export const readConfigFile = (
  file: string | undefined,
  profiles: readonly Profile[],
  { others, systems, senders }: Part,
  secretOf: SecretOf,
  placeOf: FaultPlace,
): FromFile => {
  if (file === undefined) return defaultProviders(profiles);
  let text = "";
  let value: unknown;
  try {
    text = readFileSync(file, "utf8");
    value = JSON.parse(text);
  } catch (error) {
    const why = error instanceof SyntaxError ? `is not valid JSON${placeOf(text)}` : "cannot be read";
    return unusable([`KEYWAY_CONFIG: ${file} ${why}.`]);
  }
  const parsed = configFile.safeParse(value);
  if (!parsed.success) return unusable(faultsOf(file, [], parsed.error, value));
  const { corsOrigins = [], verification, webhooks } = parsed.data;
  const faults: string[] = [];
  // Who does not know all services does not know the providers that are named there either.
  const leaksOf = (names: readonly string[]): LeakSettings =>
    others === "elsewhere"
      ? {}
      : readLeaks(
          parsed.data.leaks,
          senders ? secretOf : null,
          names,
          (text) => void faults.push(`${file}: ${text}`),
        );
  if (parsed.data.providers === undefined) {
    const leaks = leaksOf(profiles.map(({ service }) => service));
    return { ...defaultProviders(profiles), corsOrigins, verification, webhooks, leaks, faults };
  }
  const providers: ProviderConfig[] = [];
  const entries = Object.entries(parsed.data.providers);
  for (const [name, entry] of entries) {
    const { service, native, region, keysMax, endpoint, credential, account, dataPlane, ...own } = entry;
    const profile = profiles.find((one) => one.service === service);
    if (profile === undefined) {
      if (others === "elsewhere") continue;
      const known = profiles.map((one) => one.service).join(", ");
      faults.push(`${file}: providers.${name}.service: is none of ${known}.`);
      continue;
    }
    const settings = profile.settings.safeParse(own);
    if (!settings.success) {
      faults.push(...faultsOf(file, ["providers", name], settings.error, own));
      continue;
    }
    const fault = (text: string): void => void faults.push(`${file}: providers.${name}${text}`);
    misplaced({ endpoint, credential, account, dataPlane, region, keysMax, own }, profile).forEach(fault);
    const isSole = entries.filter(([, one]) => one.service === service).length === 1;
    const isServed = systems === "all" || (systems === "native" && (native === true || isSole));
    const real = { endpoint, credential, account, dataPlane };
    const upstream = readUpstream(real, profile, isServed ? secretOf : null, fault);
    providers.push({
      name,
      service,
      // Where a service has one provider, nobody needs to mark it.
      native: native === true || isSole,
      region,
      keysMax,
      own: settings.data,
      ...(upstream && { upstream }),
    });
  }
  const leaks = leaksOf(Object.keys(parsed.data.providers));
  return {
    verification,
    webhooks,
    corsOrigins,
    leaks,
    providers: providers.filter(({ native }) => native || systems !== "native"),
    faults: [...faults, ...nativeFaults(file, providers)],
  };
};

/** Of the variables that the file names, those that a process of this part has to have. */
export const namedVariables = (
  file: string | undefined,
  profiles: readonly Profile[],
  part: Part,
): readonly string[] => {
  const names = new Set<string>();
  readConfigFile(
    file,
    profiles,
    part,
    (name) => void names.add(name),
    () => "",
  );
  return [...names];
};

const unusable = (faults: readonly string[]): FromFile => ({ ...defaultProviders([]), faults });

const faultsOf = (
  file: string,
  at: readonly string[],
  { issues }: z.ZodError,
  value: unknown,
): readonly string[] =>
  issues.map((issue) => {
    const place = [...at, ...issue.path].join(".") || "the document";
    return `${file}: ${place}: ${wordsOf(issue, value)}.`;
  });

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
