import * as z from "zod";
import { rootAccountId } from "../access/root.ts";
import { Secret } from "../keys/secret.ts";
import type { Profile } from "../providers/profile.ts";
import type { DataPlane } from "../providers/upstream/data-plane.ts";
import { type AccountId, accountId } from "../schemas/key.ts";
import { isLoopback } from "./loopback.ts";

/** What `keyway.json` says of a provider whose keys a real system keeps. */

export const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a variable");

const endpoint = z.lazy(() =>
  z
    .string()
    .refine((text) => URL.canParse(text) && isOpenable(new URL(text)), {
      message:
        "must be a URL like https://tokenhub.tencentcloudapi.com: https://, or http:// on this machine, without path, query, user or password",
    })
    .transform((text) => new URL(text).origin),
);

/** Secrets travel: in clear they may not leave the machine. */
export const isOpenable = (
  { protocol, hostname, pathname, search, hash, username, password }: URL,
  leadsTo: "root" | "path" = "root",
): boolean =>
  (protocol === "https:" || (protocol === "http:" && isLoopback(hostname.replace(/^\[|\]$/g, "")))) &&
  (leadsTo === "path" || pathname === "/") &&
  [search, hash, username, password].every((part) => part === "");

export const upstreamSettings = z.lazy(() =>
  z.object({
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
    /** Where its keys are used: asked with a key that was just ended, until it is refused there. */
    dataPlane: z
      .strictObject({
        url: z.string().refine((text) => URL.canParse(text) && isOpenable(new URL(text), "path"), {
          message:
            "must be a URL like https://models.example.com/v1/models: https://, or http:// on this machine, without query, user or password",
        }),
        method: z.enum(["GET", "HEAD"]).default("GET"),
        header: z
          .string()
          .regex(/^[a-z][a-z0-9-]{0,62}$/, "must be the name of a header in lower case")
          .regex(
            /^(?!host$|accept$|connection$|transfer-encoding$|content-)/,
            "must be a header that has no other meaning",
          )
          .optional(),
        /** The word before the key in that header; empty for none. */
        scheme: z
          .string()
          .regex(/^[A-Za-z0-9-]{0,32}$/, "must be a word, or empty")
          .optional(),
        /** After so long, a key that still works is told as an event. */
        usualSeconds: z.int().min(1).max(3600).default(60),
      })
      .optional(),
    /** Whose the real system's keys are: the root account, unless told otherwise. */
    account: accountId.regex(/^\d{12}$/, "must be the id of an account, of 12 digits").optional(),
  }),
);
type UpstreamEntry = z.output<typeof upstreamSettings>;

export interface UpstreamConfig {
  readonly endpoint: string;
  /** Null in a process that calls no real system. */
  readonly credential: UpstreamCredential | null;
  readonly account: AccountId;
  readonly dataPlane?: DataPlane;
}

type UpstreamCredential =
  | { readonly kind: "pair"; readonly secretId: string; readonly secretKey: Secret }
  | { readonly kind: "token"; readonly token: Secret };

/** The value of a variable that the file names; undefined where it is not set. */
export type SecretOf = (name: string) => string | undefined;

/** Without `secretOf` all is checked but the values. */
export const readUpstream = (
  { endpoint: url, credential, account = rootAccountId, dataPlane }: UpstreamEntry,
  profile: Profile,
  secretOf: SecretOf | null,
  fault: (text: string) => void,
): UpstreamConfig | undefined => {
  if (url === undefined) return undefined;
  const isPair = profile.apiVersion !== null;
  if (credential === undefined || "tokenEnv" in credential === isPair) {
    fault(
      `.credential: must be ${isPair ? "`secretIdEnv` and `secretKeyEnv`" : "`tokenEnv`"} with this endpoint.`,
    );
    return undefined;
  }
  return {
    endpoint: url,
    account,
    ...(dataPlane && { dataPlane: planeOf(dataPlane) }),
    credential: secretOf && credentialOf(credential, secretOf, fault),
  };
};

/** What a header can carry, and what no credential of a real system goes beyond. */
const inHeader = /^[\x21-\x7e]*$/;

const credentialOf = (
  named: NonNullable<UpstreamEntry["credential"]>,
  secretOf: SecretOf,
  fault: (text: string) => void,
): UpstreamCredential => {
  const givenBy = (name: string): string => {
    // A variable that was made from a file may end its line.
    const value = (secretOf(name) ?? "").trim();
    if (value === "") fault(`.credential: the variable ${name} is not set.`);
    else if (!inHeader.test(value)) {
      fault(`.credential: the variable ${name} must have printable ASCII characters alone, without spaces.`);
    }
    return value;
  };
  return "tokenEnv" in named
    ? { kind: "token", token: new Secret(givenBy(named.tokenEnv)) }
    : {
        kind: "pair",
        secretId: givenBy(named.secretIdEnv),
        secretKey: new Secret(givenBy(named.secretKeyEnv)),
      };
};

const planeOf = ({
  usualSeconds,
  header = "authorization",
  scheme = "Bearer",
  ...plane
}: NonNullable<UpstreamEntry["dataPlane"]>): DataPlane => ({
  ...plane,
  header,
  scheme,
  usualMs: usualSeconds * 1000,
});

interface Entry extends UpstreamEntry {
  readonly region?: string | undefined;
  readonly keysMax?: number | undefined;
  /** What only this service's providers can be told. */
  readonly own: object;
}

/** What has no effect where it stands, and would be believed to have one; and the region that nobody may guess. */
export const misplaced = (
  { endpoint: url, credential, account, dataPlane, region, keysMax, own }: Entry,
  { regional, embeddedOnly, probed, signs }: Profile,
): readonly string[] => {
  const given = (settings: object): readonly string[] =>
    Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const told = (names: readonly string[], why: string): readonly string[] =>
    names.map((name) => `.${name}: ${why}.`);
  return [
    ...told(regional ? [] : given({ region }), "goes only with a service of regions"),
    ...(url === undefined
      ? told(given({ credential, account, dataPlane }), "goes only with an endpoint")
      : [
          ...told(
            [...given({ keysMax }), ...embeddedOnly.filter((name) => Object.hasOwn(own, name))],
            "goes only without an endpoint: the real system decides it",
          ),
          ...told(regional && region === undefined ? ["region"] : [], "must be named with an endpoint"),
          ...told(
            probed === true ? [] : given({ dataPlane }),
            "goes only with a service that shows the secret of a key: no other key could be tried there",
          ),
          ...told(
            signs === true ? given({ header: dataPlane?.header, scheme: dataPlane?.scheme }) : [],
            "goes only with a service whose keys are tokens: these sign the call",
          ).map((fault) => `.dataPlane${fault}`),
        ]),
  ];
};
