import { createSecretKey } from "node:crypto";
import * as z from "zod";
import { Secret } from "../keys/secret.ts";
import type { LeakSettings } from "../leaks/settings.ts";
import { parseWebhookKey, type WebhookKey } from "../signing/standard-webhooks.ts";
import { isOpenable, type SecretOf, variable } from "./config-upstream.ts";

/** What `keyway.json` says of those who report leaks. Secrets are named by variables, so that none stands in a file. */

const address = z.lazy(() =>
  z
    .string()
    .refine((text) => URL.canParse(text) && isOpenable(new URL(text), "path"), {
      message: "must be a URL: https://, or http:// on this machine, without query, user or password",
    })
    .transform((text) => text.replace(/\/$/, "")),
);

/** The sender's name of a type, and the provider whose keys have it. */
const types = z.lazy(() => z.record(z.string().min(1).max(256), z.string().min(1).max(64)).default({}));

export const leakSettings = z.lazy(() =>
  z.strictObject({
    github: z
      .strictObject({
        keysUrl: address.default("https://api.github.com/meta/public_keys/secret_scanning"),
        tokenEnv: variable.optional(),
        types,
      })
      .optional(),
    githubRepository: z
      .strictObject({
        secretEnv: variable,
        alerts: z
          .strictObject({ url: address.default("https://api.github.com"), tokenEnv: variable })
          .optional(),
      })
      .optional(),
    gitlab: z
      .strictObject({
        tokenEnv: variable.optional(),
        signingSecretsEnv: z.array(variable).max(5).default([]),
        types,
      })
      .refine(({ tokenEnv, signingSecretsEnv }) => tokenEnv !== undefined || signingSecretsEnv.length > 0, {
        message: "must have `tokenEnv` or `signingSecretsEnv`",
      })
      .optional(),
    gitguardian: z.strictObject({ tokenEnv: variable }).optional(),
    reports: z.strictObject({ secretsEnv: z.array(variable).min(1).max(20) }).optional(),
  }),
);

/** Shorter ones can be guessed, and a report by who guessed one ends keys. */
const sharedSecretMin = 16;

/** `fault` takes what is wrong, the place before it. Without `secretOf` nobody is listened to, and all is checked but the values. */
export const readLeaks = (
  settings: z.output<typeof leakSettings>,
  secretOf: SecretOf | null,
  providers: readonly string[],
  fault: (text: string) => void,
): LeakSettings => {
  const { github, githubRepository, gitlab, gitguardian, reports } = settings;
  for (const [sender, { types = {} } = {}] of Object.entries({ github, gitlab })) {
    for (const [type, provider] of Object.entries(types)) {
      if (!providers.includes(provider))
        fault(`leaks.${sender}.types.${type}: is not the name of a provider.`);
    }
  }
  if (secretOf === null) return {};
  const textOf = (place: string, name: string, least = 1): string => {
    const value = secretOf(name) ?? "";
    if (value === "") fault(`${place}: the variable ${name} is not set.`);
    else if (value.length < least)
      fault(`${place}: the variable ${name} must have at least ${least} characters.`);
    return value;
  };
  const sealed = (place: string, name: string, least?: number): Secret =>
    new Secret(textOf(place, name, least));
  const keysOf = (place: string, names: readonly string[]): readonly WebhookKey[] =>
    names.flatMap((name) => {
      const text = textOf(place, name);
      const key = parseWebhookKey(text);
      if (key === undefined && text !== "")
        fault(`${place}: the variable ${name} must be \`whsec_…\` or \`whpk_…\`.`);
      return key === undefined ? [] : [key];
    });
  return {
    ...(github && {
      github: {
        keysUrl: github.keysUrl,
        token: github.tokenEnv === undefined ? null : sealed("leaks.github.tokenEnv", github.tokenEnv),
        types: github.types,
      },
    }),
    ...(githubRepository && {
      githubRepository: {
        secret: createSecretKey(
          textOf("leaks.githubRepository.secretEnv", githubRepository.secretEnv, sharedSecretMin),
          "utf8",
        ),
        alerts: githubRepository.alerts
          ? {
              url: githubRepository.alerts.url,
              token: sealed("leaks.githubRepository.alerts.tokenEnv", githubRepository.alerts.tokenEnv),
            }
          : null,
      },
    }),
    ...(gitlab && {
      gitlab: {
        token:
          gitlab.tokenEnv === undefined
            ? null
            : sealed("leaks.gitlab.tokenEnv", gitlab.tokenEnv, sharedSecretMin),
        keys: keysOf("leaks.gitlab.signingSecretsEnv", gitlab.signingSecretsEnv),
        types: gitlab.types,
      },
    }),
    ...(gitguardian && {
      gitguardian: { token: sealed("leaks.gitguardian.tokenEnv", gitguardian.tokenEnv, sharedSecretMin) },
    }),
    ...(reports && { reports: { keys: keysOf("leaks.reports.secretsEnv", reports.secretsEnv) } }),
  };
};
