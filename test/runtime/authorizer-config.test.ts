import { describe, expect, it } from "vitest";
import { Secret } from "../../lib/keys/secret.ts";
import { profiles } from "../../lib/providers/profiles.ts";
import { readAuthorizerConfig } from "../../lib/runtime/authorizer-config.ts";
import { ConfigFault, readConfig } from "../../lib/runtime/config.ts";
import type { ProviderConfig } from "../../lib/runtime/config-file.ts";
import { rootAccount } from "../support/keyway.ts";

const token = "made-up-for-a-test-0123456789";
const real: ProviderConfig = {
  name: "aione-real",
  service: "aione",
  native: false,
  own: {},
  upstream: {
    endpoint: "https://aione.example.com",
    account: rootAccount,
    credential: { kind: "token", token: new Secret(token) },
  },
};
const providers = [...readConfig({}, profiles).providers, real];

const faultsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readAuthorizerConfig(env, providers);
    return [];
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults;
    throw error;
  }
};

it("is a token and, where wanted, what is asked of each call", () => {
  const own = {
    KEYWAY_AUTHORIZER_TOKEN: token,
    KEYWAY_AUTHORIZER_QUERY: "scope=partial&provider=aione&tokens=5",
  };
  const config = readAuthorizerConfig(own, providers);
  expect(config.token.expose()).toBe(token);
  expect(config.query).toEqual({ scope: "partial", provider: "aione", tokens: "5" });
  expect(readAuthorizerConfig({ KEYWAY_AUTHORIZER_TOKEN: token }, providers).query).toEqual({});
});

describe("what is wrong is told by name", () => {
  it.each([
    "provider=none",
    "provider=csip",
    "provider=aione-real",
    "scope=all",
    "modle=a",
    "valid=200",
    "a",
    "model=a&model=b",
  ])("%s", (query) => {
    const faults = faultsOf({ KEYWAY_AUTHORIZER_TOKEN: token, KEYWAY_AUTHORIZER_QUERY: query });
    expect(faults).toEqual([expect.stringContaining("KEYWAY_AUTHORIZER_QUERY")]);
  });

  it("all at once", () => {
    expect(faultsOf({ KEYWAY_AUTHORIZER_QUERY: "scope=all" })).toEqual([
      "KEYWAY_AUTHORIZER_TOKEN must be the token of a credential that may verify.",
      expect.stringContaining("KEYWAY_AUTHORIZER_QUERY"),
    ]);
  });
});
