import * as z from "zod";
import { Secret } from "../keys/secret.ts";
import { capabilitiesOf } from "../providers/profiles.ts";
import { type ForwardQuery, forwardQuery } from "../schemas/verify.ts";
import { parseForm } from "../signing/form.ts";
import { ConfigFault } from "./config.ts";
import type { ProviderConfig } from "./config-file.ts";

/** What the authorizer of API Gateway asks with. No other function reads it, or brings along what it is read by. */
export interface AuthorizerConfig {
  readonly token: Secret;
  readonly query: AuthorizerQuery;
}

/** The same that a proxy's configuration says: `scope=partial&provider=aione`. */
type AuthorizerQuery = Omit<ForwardQuery, "valid" | "limited">;

const environment = z.object({
  KEYWAY_AUTHORIZER_TOKEN: z.string("must be the token of a credential that may verify").min(1),
  KEYWAY_AUTHORIZER_QUERY: z.string().default(""),
});

/** All that is wrong, at once and by name, like the rest of the configuration. */
export const readAuthorizerConfig = (
  env: Readonly<Record<string, string | undefined>>,
  providers: readonly ProviderConfig[],
): AuthorizerConfig => {
  const parsed = environment.safeParse(env);
  const query = readQuery(env.KEYWAY_AUTHORIZER_QUERY ?? "", providers);
  if (parsed.success && query !== undefined) {
    return { token: new Secret(parsed.data.KEYWAY_AUTHORIZER_TOKEN), query };
  }
  throw new ConfigFault([
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join(".")} ${message}.`),
    ...(query === undefined
      ? [
          "KEYWAY_AUTHORIZER_QUERY must be like `scope=partial&provider=aione`, of a configured provider that verifies keys.",
        ]
      : []),
  ]);
};

/** Of another provider each key would be one that nobody knows. */
const verifies = ({ service, upstream }: ProviderConfig): boolean => {
  const mode = upstream === undefined ? "embedded" : "upstream";
  return capabilitiesOf(service, mode).operations.verify !== "refused";
};

const readQuery = (text: string, providers: readonly ProviderConfig[]): AuthorizerQuery | undefined => {
  const pairs = parseForm(text);
  const query =
    pairs && forwardQuery.omit({ valid: true, limited: true }).safeParse(Object.fromEntries(pairs)).data;
  const named = providers.find(({ name }) => name === query?.provider);
  const known = query?.provider === undefined || (named !== undefined && verifies(named));
  return known ? query : undefined;
};
